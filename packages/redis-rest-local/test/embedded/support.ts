import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Backend } from "../../src/backend.ts";
import { createEmbedded, type Embedded, type EmbeddedOptions } from "../../src/embedded/embedded.ts";
import { RedisNotFound, type RedisServer, startRedis } from "../../src/redis-server.ts";
import { connectBackend } from "../../src/server-backend.ts";

/** Makes a new directory for each test. */
export function useDirectories() {
  const made: string[] = [];
  afterEach(async () => {
    for (const dir of made.splice(0)) await rm(dir, { recursive: true, force: true });
  });
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), "wakeq-embedded-"));
    made.push(dir);
    return dir;
  };
}

/** Opens embedded stores and closes them after each test. */
export function useStores() {
  const open: Embedded[] = [];
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });
  return async (options: EmbeddedOptions = {}) => {
    const store = await createEmbedded(options);
    open.push(store);
    return store;
  };
}

/** A real Redis for a test file. On a machine without Redis an embedded store stands in, so that the file at least runs. */
export function useRealRedis() {
  let dir: string;
  let server: RedisServer | undefined;
  let backend: Backend;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "wakeq-real-"));
    server = await startRedis({ dir }).catch((error) => {
      if (error instanceof RedisNotFound && process.env.CI === undefined) return undefined;
      throw error;
    });
    backend = server ? connectBackend({ url: server.url }) : await createEmbedded();
  });
  afterAll(async () => {
    await backend?.close();
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return () => backend;
}
