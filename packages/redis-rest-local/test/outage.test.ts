import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../src/backend.ts";
import { type Gateway, startGateway } from "../src/gateway.ts";
import { startRedis } from "../src/redis-server.ts";
import { connectBackend } from "../src/server-backend.ts";
import { asking } from "./ask.ts";
import { deferred } from "./deferred.ts";

const UNREACHABLE = /^\{"error":"ERR local Redis is out of reach: .+"\}$/;

describe("while Redis is out of reach", () => {
  let dir: string;
  let gateway: Gateway;
  let backend: Backend;
  let port: number;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "wakeq-"));
    const redis = await startRedis({ dir });
    port = redis.port;
    backend = connectBackend({ port });
    gateway = await startGateway({ backend, port: 0, token: "t" });
    await asking(gateway)("/set/k/v");
    await redis.kill();
  });
  afterAll(async () => {
    await gateway.close();
    await backend.close();
    await rm(dir, { recursive: true });
  });

  test.each([
    ["a command", "/", ["GET", "k"]],
    ["a pipeline", "/pipeline", [["GET", "k"]]],
    ["a transaction", "/multi-exec", [["GET", "k"]]],
    ["WAIT", "/", ["WAIT", 0, 0]],
    ["a subscription", "/subscribe/c", []],
  ])("the answer to %s is 503 and says so", async (_, path, json) => {
    const { status, body } = await asking(gateway)(path, { json });
    expect(status).toBe(503);
    expect(body).toMatch(UNREACHABLE);
  });

  test("a wrong token is still a 401, and requests that need no Redis are still answered", async () => {
    expect((await asking({ ...gateway, token: "wrong" })("/get/k")).status).toBe(401);
    expect((await asking(gateway)("/", { json: ["SELECT", 0] })).status).toBe(200);
    expect((await asking(gateway)("/", { json: ["CLIENT", "ID"] })).status).toBe(400);
  });

  test("the first request after Redis returns is answered", async () => {
    const redis = await startRedis({ dir, port });
    expect(await asking(gateway)("/set/k/v")).toMatchObject({ status: 200, body: '{"result":"OK"}' });
    await redis.stop();
  });
});

test("a command in flight when Redis dies is a 503", async () => {
  const dir = await mkdtemp(join(tmpdir(), "wakeq-"));
  const redis = await startRedis({ dir });
  const backend = connectBackend({ url: redis.url });
  const sent = deferred();
  const send: Backend["send"] = (command) => {
    const reply = backend.send(command);
    setImmediate(sent.resolve);
    return reply;
  };
  const gateway = await startGateway({ port: 0, token: "t", backend: Object.assign(Object.create(backend), { send }) });
  await backend.send(["CLIENT", "PAUSE", "600000", "ALL"]);
  const lost = asking(gateway)("/get/k");
  await sent.promise;
  await redis.kill();
  const { status, body } = await lost;
  expect(status).toBe(503);
  expect(body).toMatch(UNREACHABLE);
  await gateway.close();
  await backend.close();
  await rm(dir, { recursive: true });
});
