import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend } from "./backend.ts";
import { createEmbedded } from "./embedded/embedded.ts";
import { type GatewayOptions, startGateway } from "./gateway.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";
import { connectBackend } from "./server-backend.ts";
import { randomToken } from "./token.ts";

/** A Redis and its gateway, for tests. */
export interface LocalRedis {
  /** The address of the REST gateway. */
  readonly url: string;
  readonly token: string;
  /** The store behind the gateway, for commands that Upstash refuses: `CONFIG RESETSTAT`, `DEBUG`, … */
  readonly backend: Backend;
  /** The server itself. Clients that speak to it directly use `redis.url`. */
  readonly redis: RedisServer;
  /** Ends everything and leaves nothing behind. */
  stop(): Promise<void>;
}

/** Starts the embedded store with the gateway in front of it: `startLocalRedis` without a server. */
export async function startLocalEmbedded(): Promise<Omit<LocalRedis, "redis">> {
  const backend = await createEmbedded();
  const gateway = await startGateway({ backend, port: 0, token: randomToken() });
  return {
    url: gateway.url,
    token: gateway.token,
    backend,
    async stop() {
      await gateway.close();
      await backend.close();
    },
  };
}

/** Starts a private Redis that keeps nothing, with the gateway in front of it, for tests and benches. */
export async function startLocalRedis(
  options: Omit<GatewayOptions, "backend" | "port" | "token"> = {},
): Promise<LocalRedis> {
  const dir = await mkdtemp(join(tmpdir(), "wakeq-"));
  const redis = await startRedis({ dir });
  const backend = connectBackend({ url: redis.url });
  const gateway = await startGateway({ ...options, backend, port: 0, token: randomToken() });
  return {
    url: gateway.url,
    token: gateway.token,
    backend,
    redis,
    async stop() {
      await gateway.close();
      await backend.close();
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
