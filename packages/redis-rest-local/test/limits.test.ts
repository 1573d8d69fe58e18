import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalRedis, startLocalRedis } from "../src/testing.ts";
import { type Ask, asking } from "./ask.ts";

const LIMIT = 1000;
const tooLarge = (bytes: number) =>
  `ERR max request size exceeded. Limit: ${LIMIT} bytes, Actual: ${bytes} bytes. ` +
  "See https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded for details";

let local: LocalRedis;
let ask: Ask;

beforeAll(async () => {
  local = await startLocalRedis({ maxRequestBytes: LIMIT });
  ask = asking(local);
});
afterAll(() => local.stop());
beforeEach(() => local.backend.send(["FLUSHALL"]));

describe("a request", () => {
  test("may be as large as the limit", async () => {
    const { status } = await ask("/set/k", { method: "POST", body: "x".repeat(LIMIT) });
    expect(status).toBe(200);
    expect(await local.backend.send(["STRLEN", "k"])).toBe(LIMIT);
  });

  test.each([
    ["/set/k", LIMIT + 1],
    ["/", 5_000_000],
    ["/pipeline", LIMIT + 1],
    ["/multi-exec", LIMIT + 1],
  ])("to %s beyond the limit is a 413 that gives its size, and nothing runs", async (path, bytes) => {
    const { status, body } = await ask(path, { method: "POST", body: "x".repeat(bytes) });
    expect({ status, body }).toEqual({ status: 413, body: JSON.stringify({ error: tooLarge(bytes) }) });
    expect(await local.backend.send(["EXISTS", "k"])).toBe(0);
    expect((await ask("/ping")).status).toBe(200);
  });

  test("that is sent in chunks is measured too", async () => {
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 20; i++) controller.enqueue(Buffer.alloc(100));
        controller.close();
      },
    });
    const { status, body } = await ask("/set/k", { method: "POST", body: chunks, duplex: "half" } as RequestInit);
    expect({ status, body }).toEqual({ status: 413, body: JSON.stringify({ error: tooLarge(2000) }) });
  });

  test("without the token is a 401, however large", async () => {
    const body = "x".repeat(LIMIT + 1);
    expect((await asking({ ...local, token: "wrong" })("/", { method: "POST", body })).status).toBe(401);
  });

  test("may have 10 MiB where no limit is set", async () => {
    const other = await startLocalRedis();
    try {
      const bytes = 10 * 1024 * 1024;
      const answers = [bytes, bytes + 1].map((length) =>
        asking(other)("/set/k", { method: "POST", body: "x".repeat(length) }),
      );
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 413]);
    } finally {
      await other.stop();
    }
  });
});

describe("a result", () => {
  test("may be as large as the limit", async () => {
    await local.backend.send(["SET", "k", "x".repeat(LIMIT)]);
    expect((await ask("/get/k")).body).toBe(`{"result":"${"x".repeat(LIMIT)}"}`);
  });

  test("beyond the limit is an error in an answer with status 200, as with Upstash", async () => {
    await local.backend.send(["SET", "k", "x".repeat(LIMIT + 1)]);
    const { status, body } = await ask("/get/k");
    expect({ status, body }).toEqual({ status: 200, body: JSON.stringify({ error: tooLarge(LIMIT + 1) }) });
  });

  test("is as large as all its strings together", async () => {
    await local.backend.send(["RPUSH", "l", "x".repeat(600), "é".repeat(200), "x"]);
    expect((await ask("/lrange/l/0/-1")).body).toBe(JSON.stringify({ error: tooLarge(1001) }));
    expect((await ask("/lrange/l/0/1")).status).toBe(200);
  });

  test("is measured separately for each command of a pipeline or a transaction", async () => {
    await local.backend.send(["SET", "k", "x".repeat(LIMIT)]);
    await local.backend.send(["SET", "l", "x".repeat(LIMIT + 1)]);
    const json = [
      ["GET", "k"],
      ["GET", "l"],
      ["GET", "k"],
    ];
    const fine = { result: "x".repeat(LIMIT) };
    for (const path of ["/pipeline", "/multi-exec"]) {
      const { status, body } = await ask(path, { json });
      expect({ status, body: JSON.parse(body) }).toEqual({
        status: 200,
        body: [fine, { error: tooLarge(1001) }, fine],
      });
    }
  });
});
