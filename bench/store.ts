import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "../packages/redis-rest-local/src/redis-server.ts";
import { startDistance } from "./distance.ts";
import type { GatewayProgram } from "./gateway.ts";

/** The addresses of a case's Redis. */
export interface StoreAddress {
  /** The Redis itself, without the distance, for questions about it. Empty if the store is not a Redis. */
  redisUrl: string;
  /** The address for libraries that speak to Redis over TCP. */
  peerUrl: string;
  /** The address for those that speak to it over HTTP. */
  rest: { url: string; token: string };
}

/** A store that runs. */
export interface BenchStore extends StoreAddress {
  stop(): Promise<void>;
}

/**
 * Starts a Redis that keeps nothing and a gateway in front of it, both `roundTripMs` away: the same pipe delays TCP and HTTP.
 * At 0 there is no pipe.
 */
export async function startStore(gateways: GatewayProgram, roundTripMs: number): Promise<BenchStore> {
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  const away = async (port: number) => {
    if (roundTripMs === 0) return port;
    const distance = await startDistance(port, roundTripMs);
    ends.push(() => distance.close());
    return distance.port;
  };
  try {
    const dir = await mkdtemp(join(tmpdir(), "wakeq-bench-"));
    ends.push(() => rm(dir, { recursive: true, force: true }));
    const redis = await startRedis({ dir });
    ends.push(() => redis.stop());
    const gateway = await gateways.start(redis.url);
    ends.push(() => gateway.stop());
    return {
      redisUrl: redis.url,
      peerUrl: `redis://127.0.0.1:${await away(redis.port)}`,
      rest: { url: `http://127.0.0.1:${await away(gateway.port)}`, token: gateway.token },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
