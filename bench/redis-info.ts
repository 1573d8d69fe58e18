import type { Backend } from "../local/backend.ts";

/** The CPU time that a Redis has used up, in µs. */
export async function redisMicros(backend: Backend): Promise<number> {
  const info = String(await backend.send(["INFO", "cpu"]));
  const seconds = [...info.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].map((match) => Number(match[1]));
  return seconds.reduce((sum, each) => sum + each, 0) * 1e6;
}
