import { expect, test } from "vitest";
import type { Backend } from "../../src/backend.ts";
import { useRealRedis, useStores } from "./support.ts";

const open = useStores();
const real = useRealRedis();

const EVENTFUL = `
  redis.call("SET", KEYS[1], "1")
  for i = 1, 5 do redis.call("INCR", KEYS[1]) end
  redis.pcall("LPUSH", KEYS[1], "x")
  redis.pcall("NOPE")
  redis.pcall("GET")
  redis.pcall("EVAL", "return 1", 0)
  return redis.call("MGET", KEYS[1], KEYS[1])`;

const SCRIPTS = [
  EVENTFUL,
  "return redis.call('LPUSH', KEYS[1], 'x')",
  "return redis.pcall('LPUSH', KEYS[1], 'x')",
  "redis.pcall('SET', KEYS[1], 'x', 'y') return 1",
  "return redis.call('INCR', KEYS[1], 'x')",
  "redis.call('NOPE')",
  "error('own')",
  "error({err = 'OWN error'})",
  "return redis.error_reply('MINE')",
  "return {1, {redis.error_reply('DEEP down')}}",
  "pcall(redis.call, 'LPUSH', KEYS[1], 'x') error('after')",
  "does not compile",
];

async function statistics(store: Backend, act: (store: Backend) => Promise<unknown>) {
  await store.send(["FLUSHALL"]);
  await store.send(["CONFIG", "RESETSTAT"]);
  await act(store);
  const commands = String(await store.send(["INFO", "commandstats"]));
  const errors = String(await store.send(["INFO", "errorstats"]));
  return [
    ...[...commands.matchAll(/cmdstat_(\S+):(calls=\d+),.*(rejected_calls=\d+,failed_calls=\d+)/g)].map((match) =>
      match.slice(1),
    ),
    ...[...errors.matchAll(/errorstat_\S+/g)].map((match) => match.slice(0)),
  ].sort();
}

test.each(SCRIPTS)("the commands and errors of a script are counted as Redis counts them: %s", async (script) => {
  const act = (store: Backend) => store.send(["EVAL", script, "1", "k"]);
  expect(await statistics(await open(), act)).toEqual(await statistics(real(), act));
});

test("commands are counted as Redis counts them, valid or not, alone or in a transaction", async () => {
  const act = async (store: Backend) => {
    await store.send(["SET", "k", "v"]);
    await store.send(["GET"]);
    await store.send(["GET", "k"]);
    await store.send(["LPUSH", "k", "v"]);
    await store.send(["NOPE", "k"]);
    await store.send(["CONFIG", "GET", "maxmemory"]);
    await store.send(["CONFIG", "NOPE"]);
    await store.send(["CONFIG", "GET"]);
    await store.send(["PUBSUB"]);
    await store.send(["SCRIPT", "LOAD", "return 1"]);
    await store.send(["EVALSHA", "0".repeat(40), "0"]);
    await store.transaction([
      ["INCR", "n"],
      ["LPUSH", "k", "v"],
      ["MGET", "n", "k"],
    ]);
    await store.transaction([["INCR", "n"], ["INCR"], ["NOPE"]]);
  };
  expect(await statistics(await open(), act)).toEqual(await statistics(real(), act));
});
