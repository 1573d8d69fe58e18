import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startGateway } from "../src/gateway.ts";
import { connectBackend } from "../src/server-backend.ts";
import { type LocalRedis, startLocalEmbedded, startLocalRedis } from "../src/testing.ts";
import { type Ask, asking } from "./ask.ts";

let local: LocalRedis;
let ask: Ask;
let missing: string;

beforeAll(async () => {
  local = await startLocalRedis();
  ask = asking(local);
  const [, version] = /redis_version:(\S+)/.exec(String(await local.backend.send(["INFO", "server"])))!;
  missing = `Redis ${version} does not have this command: put a newer Redis behind the gateway, or use a database at Upstash`;
});
afterAll(() => local.stop());
beforeEach(() => local.backend.send(["FLUSHALL"]));

async function run(...json: unknown[]): Promise<{ status: number; body: string }> {
  const { status, body } = await ask("/", { json });
  return { status, body };
}

const result = (value: unknown) => ({ status: 200, body: JSON.stringify({ result: value }) });
const error = (message: string) => ({ status: 400, body: JSON.stringify({ error: message }) });

const restricted = (name: string) =>
  error(`ERR Command "${name}" is not allowed in REST or it has a special context path`);
const absent = (name: string) =>
  error(
    `ERR Command is not available: '${name}'. See https://upstash.com/docs/redis/overall/rediscompatibility for details`,
  );

const lacking = (name: string) => error(`ERR Command is not available: '${name}'. ${missing}`);

describe("what would change or block the connection that all share", () => {
  const commands: unknown[][] = [
    ["AUTH", "default", "x"],
    ["HELLO", 3],
    ["RESET"],
    ["QUIT"],
    ["CLIENT", "REPLY", "OFF"],
    ["CLIENT", "ID"],
    ["MULTI"],
    ["EXEC"],
    ["DISCARD"],
    ["WATCH", "k"],
    ["UNWATCH"],
    ["SUBSCRIBE", "c"],
    ["UNSUBSCRIBE"],
    ["PSUBSCRIBE", "c"],
    ["PUNSUBSCRIBE"],
    ["MONITOR"],
    ["BLPOP", "k", 0],
    ["BRPOP", "k", 0],
    ["BRPOPLPUSH", "k", "l", 0],
    ["BLMOVE", "k", "l", "LEFT", "LEFT", 0],
    ["BLMPOP", 0, 1, "k", "LEFT"],
    ["BZPOPMIN", "k", 0],
    ["BZPOPMAX", "k", 0],
    ["BZMPOP", 0, 1, "k", "MIN"],
  ];

  it.each(commands)("is refused over REST: %s", async (...command) => {
    const name = String(command[0]);
    expect(await run(...command)).toEqual(restricted(name));
    expect(await run(name.toLowerCase(), ...command.slice(1))).toEqual(restricted(name));
    expect(await run("ECHO", "still here")).toEqual(result("still here"));
  });

  it("is refused in pipelines and in the path as well", async () => {
    const { body } = await ask("/pipeline", {
      json: [
        ["SELECT", 1],
        ["CLIENT", "REPLY", "OFF"],
        ["SET", "k", "v"],
      ],
    });
    expect(JSON.parse(body)).toEqual([
      { error: "ERR DB index is out of range" },
      JSON.parse(restricted("CLIENT").body),
      { result: "OK" },
    ]);
    expect((await ask("/quit")).body).toBe(restricted("QUIT").body);
    expect(await local.backend.send(["EXISTS", "k"])).toBe(1);
  });

  it("is an XREAD or XREADGROUP that blocks, however it is written", async () => {
    await run("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
    expect(await run("XREAD", "BLOCK", 0, "STREAMS", "s", "$")).toEqual(restricted("XREAD BLOCK"));
    expect(await run("XREAD", "COUNT", 1, "block", 0, "STREAMS", "s", "$")).toEqual(restricted("XREAD BLOCK"));
    expect(await run("XREADGROUP", "GROUP", "g", "c", "NOACK", "BLOCK", 0, "STREAMS", "s", ">")).toEqual(
      restricted("XREADGROUP BLOCK"),
    );
  });

  it("is not a stream, a group or a consumer with the name of the option", async () => {
    await run("XGROUP", "CREATE", "BLOCK", "BLOCK", "$", "MKSTREAM");
    expect(await run("XREAD", "COUNT", 1, "STREAMS", "BLOCK", 0)).toEqual(result(null));
    expect(await run("XREADGROUP", "GROUP", "BLOCK", "BLOCK", "STREAMS", "BLOCK", ">")).toEqual(result(null));
  });
});

describe("what Upstash does not have", () => {
  it.each([
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
  ])("is not available: %s", async (...command) => {
    expect(await run(...command)).toEqual(absent(String(command[0]).toUpperCase()));
  });

  it.each([
    ["CONFIG RESETSTAT"],
    ["CONFIG REWRITE"],
    ["FUNCTION DUMP"],
    ["FUNCTION RESTORE"],
    ["MEMORY DOCTOR"],
    ["MEMORY STATS"],
    ["SCRIPT DEBUG"],
  ])("includes a subcommand: %s", async (command) => {
    expect(await run(...command.toLowerCase().split(" "), "yes")).toEqual(absent(command));
  });

  it("includes every configuration but that of keyspace events", async () => {
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
});

describe("what this Redis does not have, and Upstash may", () => {
  const commands = [["JSON.SET", "k", "$", "1"], ["HGETEX", "h"], ["NOPE"], ["No'pe", "x"], ["A".repeat(120)], [""]];

  it.each(commands)("is an error that says which store lacks it, and what to do: %s", async (...command) => {
    expect(await run(...command)).toEqual(lacking(command[0]!.toUpperCase()));
    const { body } = await ask("/pipeline", { json: [command, ["GET", "k"]] });
    expect(JSON.parse(body)).toEqual([JSON.parse(lacking(command[0]!.toUpperCase()).body), { result: null }]);
    const atomic = await ask("/multi-exec", { json: [["SET", "k", "v"], command] });
    expect([atomic.status, atomic.body]).toEqual([400, lacking(command[0]!.toUpperCase()).body]);
  });

  it("may be a subcommand", async () => {
    expect(await run("PUBSUB", "nope")).toEqual(lacking("PUBSUB NOPE"));
  });
});

describe("on the embedded store", () => {
  it.each([
    [["XADD", "s", "*", "a", 1], "XADD"],
    [["PUBSUB", "shardchannels"], "PUBSUB SHARDCHANNELS"],
    [["FUNCTION", "LIST"], "FUNCTION"],
  ])("what it lacks is said to be so: %j", async (json, name) => {
    const embedded = await startLocalEmbedded();
    const { status, body } = await asking(embedded)("/", { json });
    await embedded.stop();
    const remedy = "put Redis 7 or later behind the gateway (REDIS_URL, or --redis)";
    const words = `The embedded store does not have this command: ${remedy}. The README of redis-rest-local lists what it has`;
    expect({ status, body }).toEqual(error(`ERR Command is not available: '${name}'. ${words}`));
  });
});

describe("what Upstash answers in its own way", () => {
  it.each<[string, unknown[], ReturnType<typeof error>]>([
    ["SELECT 0 changes nothing", ["SELECT", 0], result("OK")],
    ["SELECT of another database fails", ["SELECT", 1], error("ERR DB index is out of range")],
    ["SELECT without one fails", ["SELECT"], error("ERR wrong number of arguments for 'select' command")],
    ["COMMAND is empty", ["COMMAND"], result([])],
    ["COMMAND DOCS is empty", ["COMMAND", "DOCS", "GET"], result([])],
    ["SCRIPT KILL finds none", ["SCRIPT", "KILL"], error("NOTBUSY No scripts in execution right now.")],
    ["FUNCTION KILL finds none", ["FUNCTION", "KILL"], error("NOTBUSY No scripts in execution right now.")],
    ["DEL of no key is no error", ["DEL"], result(0)],
    ["UNLINK of no key is no error", ["UNLINK"], result(0)],
    ["COPY of a key onto itself copies nothing", ["COPY", "k", "k"], result(0)],
    ["COPY of a key onto itself in database 0, too", ["COPY", "k", "k", "DB", 0], result(0)],
    ["COPY to another database fails", ["COPY", "k", "l", "db", 1], error("ERR DB index is out of range")],
    [
      "COPY to another database fails first of all",
      ["COPY", "k", "k", "DB", -1],
      error("ERR DB index is out of range"),
    ],
    [
      "COPY to another database fails behind other options",
      ["COPY", "k", "l", "REPLACE", "DB", 0, "DB", 9],
      error("ERR DB index is out of range"),
    ],
    [
      "COPY to what is no database fails",
      ["COPY", "k", "l", "DB", "x"],
      error("ERR value is not an integer or out of range"),
    ],
    ["COPY with DB alone fails", ["COPY", "k", "l", "DB"], error("ERR syntax error")],
  ])("%s", async (_, command, expected) => {
    expect(await run(...command)).toEqual(expected);
  });

  it("COPY to database 0 is a copy in the one there is, whatever its number", async () => {
    const redis = connectBackend({ url: `${local.redis.url}/3` });
    const gateway = await startGateway({ backend: redis, port: 0, token: "t" });
    const there = asking(gateway);
    await there("/", { json: ["SET", "k", "v"] });
    expect((await there("/", { json: ["COPY", "k", "l", "DB", 0, "REPLACE"] })).body).toBe('{"result":1}');
    expect((await there("/get/l")).body).toBe('{"result":"v"}');
    await gateway.close();
    await redis.close();
  });

  it.each([["Redis"], ["the embedded store"]])("SCAN has WITHTYPE: pairs of key and type, on %s", async (store) => {
    const embedded = store === "Redis" ? undefined : await startLocalEmbedded();
    const scan = asking(embedded ?? local);
    const send = async (...json: unknown[]) =>
      JSON.parse((await scan("/", { json })).body) as { result: [string, string[]] };
    for (const command of [
      ["SET", "a", "x"],
      ["LPUSH", "b", "x"],
      ["HSET", "c", "x", "y"],
      ["ZADD", "WITHTYPE", 1, "x"],
    ])
      await send(...command);
    const pairs = (keys: string[]) =>
      Array.from({ length: keys.length / 2 }, (_, i) => keys.slice(2 * i, 2 * i + 2)).sort();
    const all = [
      ["WITHTYPE", "zset"],
      ["a", "string"],
      ["b", "list"],
      ["c", "hash"],
    ];
    const whole = await send("SCAN", 0, "WITHTYPE");
    expect([whole.result[0], pairs(whole.result[1])]).toEqual(["0", all]);
    expect(await send("scan", 0, "match", "WITHTYPE", "withtype", "count", 100)).toEqual({
      result: ["0", ["WITHTYPE", "zset"]],
    });
    expect(await send("SCAN", 0, "MATCH", "WITHTYPE")).toEqual({ result: ["0", ["WITHTYPE"]] });
    expect(await send("SCAN", 0, "TYPE", "list", "WITHTYPE")).toEqual({ result: ["0", ["b", "list"]] });
    expect(await send("SCAN", "x", "WITHTYPE")).toEqual({ error: "ERR invalid cursor" });
    expect(await send("SCAN", 0, "COUNT", 0, "WITHTYPE")).toEqual({ error: "ERR syntax error" });
    const steps: string[] = [];
    let cursor = "0";
    do {
      const { result } = await send("SCAN", cursor, "COUNT", 1, "WITHTYPE");
      steps.push(...result[1]);
      cursor = result[0];
    } while (cursor !== "0");
    expect(pairs(steps)).toEqual(all);
    const { body } = await scan("/multi-exec", { json: [["SCAN", 0, "TYPE", "hash", "WITHTYPE"]] });
    expect(body).toBe('[{"result":["0",["c","hash"]]}]');
    await embedded?.stop();
  });

  it("WAIT holds nobody up", async () => {
    const [waited, echoed] = await Promise.all([run("WAIT", 1, 60_000), run("ECHO", "x")]);
    expect([waited, echoed]).toEqual([result(0), result("x")]);
  });
});

describe("what Redis answers", () => {
  it.each<[unknown[], unknown]>([
    [["DEL", "a", "b"], 0],
    [["UNLINK", "a"], 0],
    [["COPY", "a", "b"], 0],
    [["MEMORY", "USAGE", "none"], null],
    [["SCRIPT", "EXISTS", "0".repeat(40)], [0]],
    [["SCRIPT", "FLUSH"], "OK"],
    [["FUNCTION", "LIST"], []],
    [
      ["PUBSUB", "NUMSUB", "c"],
      ["c", 0],
    ],
    [
      ["SCAN", 0, "COUNT", 1],
      ["0", []],
    ],
  ])("%j is forwarded", async (command, expected) => {
    expect(await run(...command)).toEqual(result(expected));
  });

  it("INFO reaches Redis, and counts no command that was not asked for", async () => {
    await local.backend.send(["CONFIG", "RESETSTAT"]);
    await run("SET", "k", "v");
    await ask("/pipeline", {
      json: [
        ["GET", "k"],
        ["GET", "k"],
      ],
    });
    const { body } = await run("INFO", "commandstats");
    const counts = [...body.matchAll(/cmdstat_([a-z|]+):calls=(\d+)/g)].map(([, name, calls]) => `${name} ${calls}`);
    expect(counts.sort()).toEqual(["config|resetstat 1", "get 2", "set 1"]);
  });
});
