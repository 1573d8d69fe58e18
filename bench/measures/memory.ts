import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";
import type { Peer } from "../peers/peer.ts";
import { redisBytes } from "../redis-info.ts";
import type { StoreAddress } from "../store.ts";

export interface Memory {
  measure: "memory";
  /** Each job's payload. 0: none, and no result. */
  payloadBytes: number;
}

export interface MemoryFigures {
  bytesPerJob: number;
}

const JOBS = 50_000;
const BULK = 500;

/** What a waiting job takes of Redis' memory, when many wait. */
export async function measureMemory(peer: Peer, { redisUrl }: StoreAddress): Promise<MemoryFigures> {
  const backend = connectBackend({ url: redisUrl });
  const before = await redisBytes(backend);
  for (let sent = 0; sent < JOBS; sent += BULK) await peer.submit(BULK);
  const bytesPerJob = ((await redisBytes(backend)) - before) / JOBS;
  await backend.close();
  return { bytesPerJob };
}
