import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ReplyError } from "../src/backend.ts";
import { type LocalRedis, startLocalEmbedded, startLocalRedis } from "../src/testing.ts";
import { type Ask, asking } from "./ask.ts";

let local: LocalRedis;
let ask: Ask;

beforeAll(async () => {
  local = await startLocalRedis();
  ask = asking(local);
});
afterAll(() => local.stop());
beforeEach(async () => {
  await local.backend.send(["FLUSHALL"]);
  await local.backend.send(["SCRIPT", "FLUSH"]);
});

async function run(...json: unknown[]): Promise<unknown> {
  const { status, body } = await ask("/", { json });
  const { result, error } = JSON.parse(body) as { result?: unknown; error?: string };
  expect(status).toBe(error === undefined ? 200 : 400);
  return error === undefined ? result : { error };
}

const sha = (script: string) => createHash("sha1").update(script).digest("hex");
const dynamic = (key: string) => ({
  error: `ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: ${key}`,
});

const LOCKING = "#!lua flags=allow-key-locking\n";

describe("a script with allow-key-locking", () => {
  test.each([
    ["alone", "#!lua flags=allow-key-locking\n"],
    ["after others", "#!lua flags=no-writes,allow-key-locking\n"],
    ["before others", "#!lua flags=allow-key-locking,no-writes,allow-stale\n"],
  ])("runs with the flag %s", async (_, shebang) => {
    await local.backend.send(["SET", "k", "v"]);
    expect(await run("EVAL", `${shebang}return redis.call("get", KEYS[1])`, 1, "k")).toBe("v");
  });

  test("runs in EVAL_RO if it declares that it does not write", async () => {
    expect(await run("EVAL_RO", "#!lua flags=no-writes,allow-key-locking\nreturn 1", 0)).toBe(1);
    expect(await run("EVAL_RO", `${LOCKING}return 1`, 0)).toEqual({
      error: "ERR Can not execute a script with write flag using *_ro command.",
    });
  });

  test("keeps its other flags", async () => {
    const script = '#!lua flags=no-writes,allow-key-locking\nreturn redis.call("set", KEYS[1], "v")';
    expect(await run("EVAL", script, 1, "k")).toEqual({
      error: expect.stringContaining("ERR Write commands are not allowed from read-only scripts."),
    });
    const other = "#!lua flags=allow-key-locking,nonsense\nreturn 1";
    expect(await run("EVAL", other, 0)).toEqual({ error: "ERR Unexpected flag in script shebang: nonsense" });
  });

  test("is known by the SHA1 of its text as it was sent", async () => {
    const script = `${LOCKING}return {KEYS[1], ARGV[1]}`;
    const known = sha(script);
    expect(await run("SCRIPT", "EXISTS", known, "0".repeat(40))).toEqual([0, 0]);
    expect(await run("EVALSHA", known, 1, "k", "x")).toEqual({
      error: "NOSCRIPT No matching script. Please use EVAL.",
    });
    expect(await run("SCRIPT", "LOAD", script)).toBe(known);
    expect(await run("SCRIPT", "EXISTS", known, "0".repeat(40))).toEqual([1, 0]);
    expect(await run("EVALSHA", known, 1, "k", "x")).toEqual(["k", "x"]);
    expect(await run("EVALSHA", known.toUpperCase(), 1, "k", "x")).toEqual(["k", "x"]);
    expect(await run("EVALSHA_RO", sha("#!lua flags=no-writes,allow-key-locking\nreturn 1"), 0)).toEqual({
      error: "NOSCRIPT No matching script. Please use EVAL.",
    });
    expect(await run("SCRIPT", "FLUSH")).toBe("OK");
    expect(await run("SCRIPT", "EXISTS", known)).toEqual([0]);
    expect(await run("EVALSHA", known, 1, "k", "x")).toEqual({
      error: "NOSCRIPT No matching script. Please use EVAL.",
    });
    expect(await run("EVAL", script, 1, "k", "x")).toEqual(["k", "x"]);
    expect(await run("EVALSHA", known, 1, "k", "x")).toEqual(["k", "x"]);
  });

  test("runs by its SHA1 in EVALSHA_RO", async () => {
    const script = "#!lua flags=no-writes,allow-key-locking\nreturn 1";
    expect(await run("SCRIPT", "LOAD", script)).toBe(sha(script));
    expect(await run("EVALSHA_RO", sha(script), 0)).toBe(1);
  });

  test("runs by its SHA1 in the pipeline that loads it, and in transactions", async () => {
    const script = `${LOCKING}return 7`;
    const json = [
      ["SCRIPT", "LOAD", script],
      ["EVALSHA", sha(script), 0],
      ["EVAL", script, 0],
    ];
    const body = `[{"result":"${sha(script)}"},{"result":7},{"result":7}]`;
    expect((await ask("/pipeline", { json })).body).toBe(body);
    expect((await ask("/multi-exec", { json })).body).toBe(body);
    const encoded = await ask("/", { json: json[0], headers: { "upstash-encoding": "base64" } });
    expect(JSON.parse(encoded.body)).toEqual({ result: Buffer.from(sha(script)).toString("base64") });
  });

  test("may be posted as a body that holds any bytes", async () => {
    const script = Buffer.concat([Buffer.from(`${LOCKING}return "`), Buffer.from([0xff, 0xc3]), Buffer.from('"')]);
    const known = createHash("sha1").update(script).digest("hex");
    expect((await ask("/script/load", { method: "POST", body: script })).body).toBe(`{"result":"${known}"}`);
    const answer = await ask(`/evalsha/${known}/0`, { headers: { "upstash-encoding": "base64" } });
    expect(answer.body).toBe('{"result":"/8M="}');
  });

  test("fails with an error that has the right line and the script's own SHA1", async () => {
    const script = `${LOCKING}local x = 1\nredis.call("set", KEYS[1], "v")\n\nreturn redis.call("lpush", KEYS[1], "x")`;
    expect(await run("EVAL", script, 1, "k")).toEqual({
      error: `WRONGTYPE Operation against a key holding the wrong kind of value script: ${sha(script)}, on @user_script:5.`,
    });
    expect(await run("EVAL", `${LOCKING}\nlocal t = nil\nreturn t.x`, 0)).toEqual({
      error: expect.stringMatching(/^ERR user_script:4: attempt to index local 't' \(a nil value\) script: /),
    });
    expect(await run("EVAL", `${LOCKING}return (`, 0)).toEqual({
      error: expect.stringContaining("Error compiling script (new function): user_script:2: unexpected symbol"),
    });
  });

  test.each([
    ["a shebang without an end", "#!lua flags=allow-key-locking", "ERR Invalid script shebang"],
    ["another engine", "#!js flags=allow-key-locking\nreturn 1", "ERR Unexpected engine in script shebang: #!js"],
    ["another flag", "#!lua flags=lock\nreturn 1", "ERR Unexpected flag in script shebang: lock"],
  ])("with %s is refused as Redis refuses it", async (_, script, error) => {
    expect(await run("EVAL", script, 0)).toEqual({ error });
  });

  test("must have the flag in its first line: a mention elsewhere does not count", async () => {
    const script = '-- flags=allow-key-locking\nreturn redis.call("set", "undeclared", "v")';
    expect(await run("EVAL", script, 0)).toBe("OK");
    expect(await run("SCRIPT", "LOAD", script)).toBe(sha(script));
  });

  test("may be a function that has the flag", async () => {
    const library = `#!lua name=mylib
redis.register_function{function_name='one', callback=function() return 'allow-key-locking' end, flags={'allow-key-locking'}}
redis.register_function{function_name='two', callback=function() return 2 end, flags = { "allow-key-locking" , 'no-writes' }}
redis.register_function{function_name='three', callback=function() return 3 end, flags={'no-writes', 'allow-key-locking'}}`;
    expect(await run("FUNCTION", "LOAD", library)).toBe("mylib");
    expect(await run("FUNCTION", "LOAD", "REPLACE", library)).toBe("mylib");
    expect(await run("FCALL", "one", 0)).toBe("allow-key-locking");
    expect(await run("FCALL_RO", "two", 0)).toBe(2);
    expect(await run("FCALL_RO", "three", 0)).toBe(3);
  });
});

describe("a script with as many locals as Lua allows", () => {
  const ways = {
    "one after the other": (count: number) => Array.from({ length: count }, (_, i) => `local a${i} = ${i}`).join(" "),
    "in one list": (count: number) => `local ${Array.from({ length: count }, (_, i) => `a${i}`).join(",")} = 1`,
    "of one name": (count: number) => "local a = 1\n".repeat(count),
    // A loop has three hidden locals of its own.
    "in loops": (count: number) => `${"for i = 1, 1 do ".repeat(count / 4)}${"end ".repeat(count / 4)}`,
  };
  const cases = Object.keys(ways).flatMap((way) => ["", "#!lua\n", LOCKING].map((head) => [way, head] as const));

  test.each(cases)("%s runs, and with one more it is refused as Redis refuses it: %j", async (way, head) => {
    const script = (count: number) =>
      `${head}${ways[way as keyof typeof ways](count)} return redis.call("get", KEYS[1])`;
    const embedded = await startLocalEmbedded();
    for (const store of [local, embedded]) {
      const evaluated = async (text: string) => (await asking(store)("/", { json: ["EVAL", text, 1, "a"] })).body;
      expect(await evaluated(script(200))).toBe('{"result":null}');
      const real = await local.backend.send(["EVAL", script(204).replace(LOCKING, "#!lua\n"), "1", "a"]);
      expect(await evaluated(script(204))).toBe(JSON.stringify({ error: (real as ReplyError).message }));
    }
    await embedded.stop();
  });
});

describe("a key that a script with allow-key-locking did not declare", () => {
  test.each([
    ["the first argument", 'redis.call("set", "x", 1)', "x"],
    ["a number", 'redis.call("set", 5, 1)', "5"],
    ["a key of a command in capitals", 'redis.call("GET", "x")', "x"],
    ["the second key of two", 'redis.call("rename", KEYS[1], "x")', "x"],
    ["one of many", 'redis.call("mget", KEYS[1], KEYS[2], "x")', "x"],
    ["a key and not a value of MSET", 'redis.call("mset", KEYS[1], "v", "x", "v")', "x"],
    ["a key that the command counts", 'redis.call("zunion", 2, KEYS[1], "x")', "x"],
    ["the target of a union", 'redis.call("zunionstore", "x", 1, KEYS[1])', "x"],
    ["a key after the target of a union", 'redis.call("zunionstore", KEYS[1], 2, KEYS[2], "x")', "x"],
    ["a key after the operation of BITOP", 'redis.call("bitop", "not", KEYS[1], "x")', "x"],
    ["a key after a subcommand", 'redis.call("xgroup", "create", "x", "g", "$", "mkstream")', "x"],
    ["a key after STREAMS", 'redis.call("xread", "count", 1, "streams", KEYS[1], "x", "0", "0")', "x"],
    ["a key before a timeout", 'redis.call("blpop", KEYS[1], "x", 0)', "x"],
    ["a key through an alias of redis.call", 'local call = redis.call call("get", KEYS[1]) call("get", "x")', "x"],
    ["a key that the script builds", 'redis.call("get", KEYS[1] .. ":1")', "a:1"],
  ])("raises an error when used: %s", async (_, code, key) => {
    expect(await run("EVAL", `${LOCKING}${code}`, 2, "a", "b")).toEqual(dynamic(key));
  });

  test.each([
    ["the values of MSET", 'redis.call("mset", KEYS[1], "x", KEYS[2], "y")'],
    ["the score and the member of ZADD", 'redis.call("zadd", KEYS[1], 1, "x")'],
    ["the weights of a union", 'redis.call("zunionstore", KEYS[1], 1, KEYS[2], "weights", 2)'],
    ["the ids of XREAD", 'redis.call("xread", "streams", KEYS[1], KEYS[2], "0", "0")'],
    ["a channel", 'redis.call("publish", "x", "y")'],
    ["a command without keys", 'redis.call("time")'],
    ["an argument of redis.sha1hex", 'redis.sha1hex("x")'],
  ])("does not include %s", async (_, code) => {
    expect(await run("EVAL", `${LOCKING}${code} return 1`, 2, "a", "b")).toBe(1);
  });

  test("gives an error that redis.pcall returns", async () => {
    const script = `${LOCKING}local r = redis.pcall("get", "x") return {r.err, redis.pcall("set", KEYS[1], "v").ok}`;
    expect(await run("EVAL", script, 1, "a")).toEqual([dynamic("x").error, "OK"]);
  });

  test("lets a script that catches the error go on", async () => {
    const script = `${LOCKING}
      local fine = pcall(redis.call, "get", "x")
      local failed = pcall(redis.call, "incr", KEYS[1], "too many")
      return {tostring(fine), tostring(failed), redis.call("incr", KEYS[1])}`;
    expect(await run("EVAL", script, 1, "a")).toEqual(["false", "false", 1]);
  });

  test("can be any key: FLUSHDB is refused", async () => {
    expect(await run("EVAL", `${LOCKING}redis.call("flushdb")`, 0)).toEqual({
      error: expect.stringMatching(/^ERR Flushes are not allowed in Lua scripts when 'allow-key-locking' flag is set/),
    });
  });

  test("raises the same error in EVALSHA", async () => {
    const script = `${LOCKING}\nreturn redis.call("get", ARGV[1])`;
    await run("SCRIPT", "LOAD", script);
    expect(await run("EVALSHA", sha(script), 1, "a", "x")).toEqual(dynamic("x"));
    expect(await run("EVALSHA", sha(script), 1, "a", "a")).toBe(null);
  });

  test("is allowed if the gateway was told not to check", async () => {
    const lenient = await startLocalRedis({ checkKeys: false });
    try {
      const json = ["EVAL", `${LOCKING}return redis.call("get", "x")`, 0];
      expect((await asking(lenient)("/", { json })).body).toBe('{"result":null}');
    } finally {
      await lenient.stop();
    }
  });

  test("is allowed in a script without the flag", async () => {
    expect(await run("EVAL", '#!lua\nreturn redis.call("get", "x")', 0)).toBe(null);
  });
});
