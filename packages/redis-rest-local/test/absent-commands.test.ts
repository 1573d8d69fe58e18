import { beforeAll, expect, test } from "vitest";
import { startLocalEmbedded } from "../src/testing.ts";
import { error, result, runner } from "./answers.ts";
import { asking } from "./ask.ts";
import { useGateway } from "./gateway.ts";

const gateway = useGateway();
const { ask } = gateway;
const run = runner(gateway);

let missing: string;
beforeAll(async () => {
  const [, version] = /redis_version:(\S+)/.exec(String(await gateway.local.backend.send(["INFO", "server"])))!;
  missing = `Redis ${version} does not have this command: put a newer Redis behind the gateway, or use a database at Upstash`;
});

const absent = (name: string) =>
  error(
    `ERR Command is not available: '${name}'. See https://upstash.com/docs/redis/overall/rediscompatibility for details`,
  );

const lacking = (name: string) => error(`ERR Command is not available: '${name}'. ${missing}`);

test.each([
  ["ACL", "WHOAMI"],
  ["ASKING"],
  ["BGREWRITEAOF"],
  ["BGSAVE"],
  ["CLUSTER", "INFO"],
  ["DEBUG", "SLEEP", 0],
  ["FAILOVER"],
  ["LASTSAVE"],
  ["LATENCY", "LATEST"],
  ["LCS", "a", "b"],
  ["LOLWUT"],
  ["MIGRATE", "h", 1, "k", 0, 1],
  ["MODULE", "LIST"],
  ["MOVE", "k", 1],
  ["OBJECT", "ENCODING", "k"],
  ["PSYNC", "?", -1],
  ["READONLY"],
  ["READWRITE"],
  ["REPLICAOF", "NO", "ONE"],
  ["ROLE"],
  ["SAVE"],
  ["SHUTDOWN", "NOSAVE"],
  ["SLAVEOF", "NO", "ONE"],
  ["SLOWLOG", "GET"],
  ["SORT", "k"],
  ["SORT_RO", "k"],
  ["SPUBLISH", "c", "m"],
  ["SSUBSCRIBE", "c"],
  ["SWAPDB", 0, 1],
  ["SYNC"],
])("Upstash does not have the command %s", async (...command) => {
  expect(await run(...command)).toEqual(absent(String(command[0]).toUpperCase()));
});

test.each([
  ["CONFIG RESETSTAT"],
  ["CONFIG REWRITE"],
  ["FUNCTION DUMP"],
  ["FUNCTION RESTORE"],
  ["MEMORY DOCTOR"],
  ["MEMORY STATS"],
  ["SCRIPT DEBUG"],
])("Upstash does not have the subcommand %s", async (command) => {
  expect(await run(...command.toLowerCase().split(" "), "yes")).toEqual(absent(command));
});

test("CONFIG works for keyspace events alone", async () => {
  const name = "notify-keyspace-events";
  expect(await run("CONFIG", "GET", name)).toEqual(result([name, ""]));
  expect(await run("CONFIG", "SET", name, "KEA")).toEqual(result("OK"));
  expect(await run("CONFIG", "GET", name)).toEqual(result([name, "AKE"]));
  expect(await run("CONFIG", "SET", name, "")).toEqual(result("OK"));
  expect(await run("CONFIG", "GET", "maxmemory")).toEqual(absent("CONFIG GET"));
  expect(await run("CONFIG", "GET", "*")).toEqual(absent("CONFIG GET"));
  expect(await run("CONFIG", "SET", "maxmemory", 1)).toEqual(absent("CONFIG SET"));
  expect(await run("CONFIG", "SET", name, "K", "maxmemory", 1)).toEqual(absent("CONFIG SET"));
});

const commands = [["JSON.SET", "k", "$", "1"], ["HGETEX", "h"], ["NOPE"], ["No'pe", "x"], ["A".repeat(120)], [""]];

test.each(commands)("a command that this Redis lacks gets an error that says what to do: %s", async (...command) => {
  expect(await run(...command)).toEqual(lacking(command[0]!.toUpperCase()));
  const { body } = await ask("/pipeline", { json: [command, ["GET", "k"]] });
  expect(JSON.parse(body)).toEqual([JSON.parse(lacking(command[0]!.toUpperCase()).body), { result: null }]);
  const atomic = await ask("/multi-exec", { json: [["SET", "k", "v"], command] });
  expect([atomic.status, atomic.body]).toEqual([400, lacking(command[0]!.toUpperCase()).body]);
});

test("a subcommand that this Redis lacks gets the same error", async () => {
  expect(await run("PUBSUB", "nope")).toEqual(lacking("PUBSUB NOPE"));
});

test.each([
  [["XADD", "s", "*", "a", 1], "XADD"],
  [["PUBSUB", "shardchannels"], "PUBSUB SHARDCHANNELS"],
  [["FUNCTION", "LIST"], "FUNCTION"],
])("a command that the embedded store lacks gets an error that says what to do: %j", async (json, name) => {
  const embedded = await startLocalEmbedded();
  const { status, body } = await asking(embedded)("/", { json });
  await embedded.stop();
  const remedy = "put Redis 7 or later behind the gateway (REDIS_URL, or --redis)";
  const words = `The embedded store does not have this command: ${remedy}. The README of redis-rest-local lists what it has`;
  expect({ status, body }).toEqual(error(`ERR Command is not available: '${name}'. ${words}`));
});
