import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Backend } from "../src/backend.ts";
import { type RedisServer, startRedis } from "../src/redis-server.ts";
import { type BackendOptions, connectBackend } from "../src/server-backend.ts";

/** Backends that are closed after each test. */
export function useBackends() {
  const open: Backend[] = [];
  afterEach(() => Promise.all(open.splice(0).map((backend) => backend.close())));
  return (options: BackendOptions): Backend => {
    const backend = connectBackend(options);
    open.push(backend);
    return backend;
  };
}

/** A Redis for one test file that listens at a port and at a socket. */
export function useServer() {
  let dir: string;
  let redis: RedisServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "wakeq-"));
    redis = await startRedis({ dir, args: ["--unixsocket", join(dir, "socket")] });
  });
  afterAll(async () => {
    await redis?.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return {
    get redis() {
      return redis;
    },
    socket: () => join(dir, "socket"),
  };
}
