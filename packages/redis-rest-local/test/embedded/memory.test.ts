import { expect, test } from "vitest";
import type { Backend, Command } from "../../src/backend.ts";
import { text } from "./compare.ts";
import { useRealRedis, useStores } from "./support.ts";

const open = useStores();
const real = useRealRedis();

const WHEN_FULL: Command[] = [
  ["SET", "k", "v"],
  ["GET", "full"],
  ["LPUSH", "l", "v"],
  ["ZADD", "z", "1", "m"],
  ["EXPIRE", "full", "1000"],
  ["EVAL", "return redis.call('SET', 'k', 'v')", "0"],
  ["EVAL", "return redis.pcall('SET', 'k', 'v')", "0"],
  ["EVAL", "redis.call('PERSIST', 'full') return redis.call('SET', 'k', 'v')", "0"],
  ["EVAL", "return redis.call('GET', 'full')", "0"],
  ["EVAL", "#!lua\nreturn 1", "0"],
  ["EVAL", "#!lua flags=allow-oom\nreturn redis.call('SET', 'k', 'v')", "0"],
  ["EVAL", "#!lua flags=no-writes\nreturn redis.call('GET', 'full')", "0"],
  ["COPY", "full", "copy"],
  ["RENAME", "full", "renamed"],
  ["DEL", "renamed"],
];

test("when memory is full, it refuses the same commands as Redis", async () => {
  const full = async (store: Backend) => {
    await store.send(["FLUSHALL"]);
    await store.send(["SET", "full", "x".repeat(1_000)]);
    await store.send(["SET", "other", "x"]);
    await store.send(["CONFIG", "SET", "maxmemory", "1"]);
    const replies = [];
    for (const command of WHEN_FULL) replies.push(`${command.join(" ")} => ${text(await store.send(command))}`);
    const transaction = await store.transaction([
      ["GET", "other"],
      ["SET", "k", "v"],
    ]);
    replies.push(text(transaction));
    await store.send(["CONFIG", "SET", "maxmemory", "0"]);
    return replies;
  };
  expect(await full(await open())).toEqual(await full(real()));
});

test("a store accepts writes up to its memory limit, and again once there is room", async () => {
  const store = await open({ maxMemory: 100_000 });
  let written = 0;
  while (text(await store.send(["SET", `k${written}`, "x".repeat(1_000)])) === "+OK") written++;
  expect(written).toBeGreaterThan(80);
  expect(written).toBeLessThan(101);
  await store.send(["DEL", "k0", "k1"]);
  expect(text(await store.send(["SET", "k0", "x"]))).toBe("+OK");
});

test("the estimate of used memory returns to zero, whatever was stored and removed", async () => {
  const store = await open();
  await store.send(["SET", "s", "x"]);
  await store.send(["APPEND", "s", "xyz"]);
  await store.send(["RPUSH", "l", "a", "b", "c"]);
  await store.send(["LSET", "l", "1", "longer"]);
  await store.send(["LREM", "l", "0", "a"]);
  await store.send(["LTRIM", "l", "0", "0"]);
  await store.send(["HSET", "h", "f", "v", "g", "w"]);
  await store.send(["HSET", "h", "f", "longer"]);
  await store.send(["HDEL", "h", "g"]);
  await store.send(["SADD", "set", "a", "b"]);
  await store.send(["SPOP", "set"]);
  await store.send(["ZADD", "z", "1", "a", "2", "b"]);
  await store.send(["ZPOPMIN", "z"]);
  await store.send(["RENAME", "z", "y"]);
  await store.send(["SUNIONSTORE", "set2", "set"]);
  expect(String(await store.send(["INFO", "memory"]))).not.toContain("used_memory:0\r\n");
  await store.send(["LPOP", "l"]);
  await store.send(["DEL", "s", "h", "set", "set2", "y"]);
  expect(String(await store.send(["INFO", "memory"]))).toContain("used_memory:0\r\n");
});
