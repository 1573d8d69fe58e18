import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Backend, ReplyError } from "../src/backend.ts";
import { type Gateway, startGateway } from "../src/gateway.ts";
import { type RedisServer, startRedis } from "../src/redis-server.ts";
import { connectBackend } from "../src/server-backend.ts";
import { asking } from "./ask.ts";

const BUSY = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const ENDLESS = ["EVAL", "while true do end", 0];
const ENDLESS_WRITER = ["EVAL", "while true do redis.call('SET', KEYS[1], 'x') end", 1, "written"];

let dir: string;
let redis: RedisServer;
let backend: Backend;
let gateway: Gateway;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wakeq-"));
  redis = await startRedis({ dir, args: ["--busy-reply-threshold", "50"] });
  backend = connectBackend({ port: redis.port, replyTimeoutMs: 1_000 });
  gateway = await startGateway({ backend, port: 0, token: "t" });
});
afterEach(async () => {
  await gateway.close();
  await backend.close();
  await redis.kill();
  await rm(dir, { recursive: true });
});

/** Waits until the script keeps Redis busy. */
async function untilBusy(): Promise<void> {
  for (;;) {
    const reply = await backend.send(["PING"]);
    if (reply instanceof ReplyError && reply.message === BUSY) return;
  }
}

test.each([
  ["alone", "/", ENDLESS],
  ["in a pipeline", "/pipeline", [["SET", "before", "x"], ENDLESS, ["SET", "after", "x"]]],
  ["in a transaction", "/multi-exec", [["GET", "before"], ENDLESS]],
])(
  "while a script runs endlessly %s, all other requests are answered BUSY, and SCRIPT KILL ends it",
  async (_, path, json) => {
    const ask = asking(gateway);
    const endless = ask(path, { json });
    await untilBusy();
    const error = JSON.stringify({ error: BUSY });
    expect(
      await Promise.all([
        ask("/", { json: ["SET", "other", "x"] }),
        ask("/", { json: ["EVAL", "return 1", 0] }),
        ask("/get/other"),
        ask("/pipeline", { json: [["SET", "other", "x"], ENDLESS] }),
        ask("/multi-exec", { json: [["SET", "other", "x"]] }),
        ask("/subscribe/c", { method: "POST" }),
        ask("/", { json: ["WAIT", 0, 0] }),
      ]),
    ).toMatchObject([
      { status: 400, body: error },
      { status: 400, body: error },
      { status: 400, body: error },
      { status: 200, body: `[${error},${error}]` },
      { status: 400, body: error },
      { status: 400, body: error },
      { status: 400, body: error },
    ]);
    expect(await ask("/", { json: ["SCRIPT", "KILL"] })).toMatchObject({ status: 200, body: '{"result":"OK"}' });
    expect((await endless).body).toContain("Script killed by user with SCRIPT KILL");
    expect(await ask("/", { json: ["EXISTS", "other"] })).toMatchObject({ status: 200, body: '{"result":0}' });
  },
);

test("the gateway gives up on a script that cannot be killed, and other requests are still answered BUSY", async () => {
  const ask = asking(gateway);
  const endless = ask("/", { json: ENDLESS_WRITER });
  await untilBusy();
  expect((await ask("/", { json: ["SCRIPT", "KILL"] })).body).toContain("UNKILLABLE");
  const { status, body } = await endless;
  expect({ status, body }).toEqual({
    status: 503,
    body: expect.stringContaining(
      "ERR local Redis is out of reach: no answer within 1 s, but the command may have run",
    ),
  });
  expect((await ask("/ping")).body).toBe(JSON.stringify({ error: BUSY }));
});
