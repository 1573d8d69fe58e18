import type { Backend } from "../packages/redis-rest-local/src/backend.ts";

/** Returns the CPU time that a Redis has used, in µs. */
export async function redisMicros(backend: Backend): Promise<number> {
  const info = String(await backend.send(["INFO", "cpu"]));
  const seconds = [...info.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].map((match) => Number(match[1]));
  return seconds.reduce((sum, each) => sum + each, 0) * 1e6;
}

/** Returns the memory that a Redis has allocated, in bytes. */
export async function redisBytes(backend: Backend): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await backend.send(["INFO", "memory"])))?.[1]);
}
