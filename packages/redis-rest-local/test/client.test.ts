import { Lock } from "@upstash/lock";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalRedis, startLocalRedis } from "../src/testing.ts";

const READER = "reader";

let local: LocalRedis;
let redis: Redis;

beforeAll(async () => {
  local = await startLocalRedis({ readOnlyToken: READER });
  redis = new Redis({ url: local.url, token: local.token });
});
afterAll(() => local.stop());
beforeEach(() => local.backend.send(["FLUSHALL"]));

describe.each([
  ["base64", {}],
  ["plain answers", { responseEncoding: false as const }],
  ["no pipelining of its own", { enableAutoPipelining: false }],
  ["no deserialization", { automaticDeserialization: false }],
])("@upstash/redis with %s", (_, options) => {
  let client: Redis;
  beforeAll(() => {
    client = new Redis({ url: local.url, token: local.token, ...options });
  });

  test("sets and gets", async () => {
    expect(await client.set("k", "é😀 OK", { ex: 100 })).toBe("OK");
    expect(await client.get("k")).toBe("é😀 OK");
    expect(await client.set("k", "other", { nx: true })).toBe(null);
    expect(await client.ttl("k")).toBe(100);
    expect(await client.type("k")).toBe("string");
    expect(await client.ping()).toBe("PONG");
  });

  test("reads the text OK back unchanged, alone and in a list", async () => {
    await client.rpush("l", "OK", "PONG", "");
    await client.set("k", "OK");
    expect(await client.get("k")).toBe("OK");
    expect(await client.lrange("l", 0, -1)).toEqual(["OK", "PONG", ""]);
  });

  test("reads lists of fields, members and keys", async () => {
    expect(await client.hset("h", { a: "x", b: "y" })).toBe(2);
    expect((await client.hvals("h")).sort()).toEqual(["x", "y"]);
    await client.zadd("z", { score: 1.5, member: "m" });
    expect((await client.zrange("z", 0, -1, { withScores: true })).map(String)).toEqual(["m", "1.5"]);
    expect((await client.scan("0", { match: "h" })).map(String)).toEqual(["0", "h"]);
  });

  test("pipelines, and throws or keeps errors", async () => {
    const pipeline = () => client.pipeline().set("k", "v").incr("k").get("k");
    await expect(pipeline().exec()).rejects.toThrow("ERR value is not an integer or out of range");
    expect(await pipeline().exec({ keepErrors: true })).toMatchObject([
      { result: "OK" },
      { error: "ERR value is not an integer or out of range" },
      { result: "v" },
    ]);
  });

  test("runs transactions", async () => {
    expect(await client.multi().set("n", 1).incr("n").mget("n", "none").exec()).toMatchObject([
      "OK",
      2,
      [expect.anything(), null],
    ]);
    await expect(
      client
        .multi()
        .set("n", 1)
        .incrby("n", "x" as unknown as number)
        .exec(),
    ).rejects.toThrow("ERR");
  });

  test("runs scripts, by their text and by their SHA1", async () => {
    const script = client.createScript<string[]>("return {KEYS[1], ARGV[1]}");
    expect(await script.eval(["k"], ["a"])).toEqual(["k", "a"]);
    expect(await script.exec(["k"], ["b"])).toEqual(["k", "b"]);
  });

  test("runs scripts with allow-key-locking", async () => {
    const text = "#!lua flags=allow-key-locking\nreturn redis.call('set', KEYS[1], ARGV[1])";
    const script = client.createScript<string>(text);
    expect(await script.exec(["k"], ["v"])).toBe("OK");
    expect(await script.exec(["k"], ["w"])).toBe("OK");
    expect(await client.scriptLoad(text)).toBe(await script.sha1);
    expect(await client.get("k")).toBe("w");
  });

  test("throws the error that Redis gave", async () => {
    await client.set("k", "v");
    await expect(client.lpush("k", "x")).rejects.toThrow(
      "WRONGTYPE Operation against a key holding the wrong kind of value",
    );
  });
});

describe("@upstash/redis", () => {
  test.each([
    ["subscribe", "message", "news.a", ["a,b", { n: 1 }]],
    ["psubscribe", "pmessage", "news.*", [{ n: 1 }, ["a", "b"]]],
  ] as const)("receives what is published through %s, until it unsubscribes", async (verb, event, name, messages) => {
    const subscriber = redis[verb]<unknown>(name);
    await new Promise((resolve) => subscriber.on(verb, resolve));
    const heard: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      subscriber.on(event, ({ message }) => {
        if (heard.push(message) === messages.length) resolve();
      });
    });
    for (const message of messages) expect(await redis.publish("news.a", message)).toBe(1);
    await all;
    expect(heard).toEqual(messages);
    await subscriber.unsubscribe();
    while ((await redis.publish("news.a", "x")) > 0);
  });

  test("can read with a read-only token, and cannot write", async () => {
    const reader = new Redis({ url: local.url, token: READER });
    await redis.set("k", "v");
    expect(await reader.get("k")).toBe("v");
    await expect(reader.set("k", "w")).rejects.toThrow("NOPERM this user has no permissions to run the 'set' command");
  });

  test("is told that its token is wrong", async () => {
    const stranger = new Redis({ url: local.url, token: "wrong", retry: false });
    await expect(stranger.get("k")).rejects.toThrow("WRONGPASS invalid or missing auth token");
  });

  test("sends back the sync token that it received", async () => {
    await redis.set("k", "v");
    const first = redis as unknown as { client: { upstashSyncToken: string } };
    expect(first.client.upstashSyncToken).toMatch(/^local=\d+$/);
  });

  test("uses streams and consumer groups without blocking", async () => {
    const id = await redis.xadd("s", "*", { field: "value" });
    await redis.xgroup("s", { type: "CREATE", group: "g", id: "0" });
    expect(await redis.xreadgroup("g", "c", "s", ">")).toEqual([["s", [[id, ["field", "value"]]]]]);
    await expect(redis.exec(["XREAD", "BLOCK", 0, "STREAMS", "s", "$"])).rejects.toThrow("is not allowed in REST");
  });
});

describe("@upstash/ratelimit", () => {
  test.each([
    ["a fixed window", Ratelimit.fixedWindow(3, "1 h")],
    ["a sliding window", Ratelimit.slidingWindow(3, "1 h")],
    ["a token bucket", Ratelimit.tokenBucket(3, "1 h", 3)],
  ])("limits by %s", async (_, limiter) => {
    const limit = new Ratelimit({ redis, limiter, ephemeralCache: false });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push((await limit.limit("someone")).success);
    expect(answers).toEqual([true, true, true, false, false]);
    expect((await limit.getRemaining("someone")).remaining).toBe(0);
    await limit.resetUsedTokens("someone");
    expect((await limit.getRemaining("someone")).remaining).toBe(3);
  });

  test("enforces a limit that can be changed", async () => {
    const limit = new Ratelimit({
      redis,
      limiter: Ratelimit.slidingWindow(5, "1 h"),
      ephemeralCache: false,
      dynamicLimits: true,
    });
    await limit.setDynamicLimit({ limit: 1 });
    expect([(await limit.limit("someone")).success, (await limit.limit("someone")).success]).toEqual([true, false]);
  });
});

describe("@upstash/lock", () => {
  test("has one holder, and can be extended and released", async () => {
    // The package's types name the client's CommonJS half.
    const client = redis as unknown as ConstructorParameters<typeof Lock>[0]["redis"];
    const lock = () => new Lock({ id: "lock", redis: client, lease: 60_000, retry: { attempts: 1, delay: 0 } });
    const [mine, yours] = [lock(), lock()];
    expect(await mine.acquire()).toBe(true);
    expect(await yours.acquire()).toBe(false);
    expect(await mine.getStatus()).toBe("ACQUIRED");
    expect(await mine.extend(60_000)).toBe(true);
    expect(await redis.ttl("lock")).toBeGreaterThan(100);
    expect(await yours.release()).toBe(false);
    expect(await mine.release()).toBe(true);
    expect(await yours.acquire()).toBe(true);
  });
});
