import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";
import type { Peer } from "../peers/peer.ts";
import { redisBytes } from "../redis-info.ts";
import type { StoreAddress } from "../store.ts";

/** The measure of a waiting job's memory. */
export interface MemoryMeasure {
  measure: "memory";
  /** The size of each job's payload. 0: no payload, and no result. */
  payloadBytes: number;
}

/** The memory that a waiting job takes in Redis. */
export interface MemoryFigures {
  bytesPerJob: number;
}

const JOBS = 50_000;
const BULK = 500;

/** Measures how much of Redis' memory a waiting job takes when many wait. */
export async function measureMemory(peer: Peer, { redisUrl }: StoreAddress): Promise<MemoryFigures> {
  const backend = connectBackend({ url: redisUrl });
  const before = await redisBytes(backend);
  for (let sent = 0; sent < JOBS; sent += BULK) await peer.submit(BULK);
  const bytesPerJob = ((await redisBytes(backend)) - before) / JOBS;
  await backend.close();
  return { bytesPerJob };
}
