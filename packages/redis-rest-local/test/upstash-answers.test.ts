import { expect, test } from "vitest";
import { startGateway } from "../src/gateway.ts";
import { connectBackend } from "../src/server-backend.ts";
import { startLocalEmbedded } from "../src/testing.ts";
import { error, result, runner } from "./answers.ts";
import { asking } from "./ask.ts";
import { useGateway } from "./gateway.ts";

const gateway = useGateway();
const run = runner(gateway);

test.each<[string, unknown[], ReturnType<typeof error>]>([
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
  ["COPY to another database fails first of all", ["COPY", "k", "k", "DB", -1], error("ERR DB index is out of range")],
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

test("COPY to database 0 copies within the database in use, whatever its number", async () => {
  const redis = connectBackend({ url: `${gateway.local.redis.url}/3` });
  const other = await startGateway({ backend: redis, port: 0, token: "t" });
  const there = asking(other);
  await there("/", { json: ["SET", "k", "v"] });
  expect((await there("/", { json: ["COPY", "k", "l", "DB", 0, "REPLACE"] })).body).toBe('{"result":1}');
  expect((await there("/get/l")).body).toBe('{"result":"v"}');
  await other.close();
  await redis.close();
});

test.each([["Redis"], ["the embedded store"]])(
  "SCAN with WITHTYPE gives pairs of key and type on %s",
  async (store) => {
    const embedded = store === "Redis" ? undefined : await startLocalEmbedded();
    const scan = asking(embedded ?? gateway.local);
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
  },
);

test("WAIT delays no other command", async () => {
  const [waited, echoed] = await Promise.all([run("WAIT", 1, 60_000), run("ECHO", "x")]);
  expect([waited, echoed]).toEqual([result(0), result("x")]);
});
