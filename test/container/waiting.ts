import { until } from "../support/worker.ts";
import { NEEDED } from "./compose.ts";
import type { System } from "./system.ts";

/** How often a job was read, by Redis' own count: it shows that a request has arrived that is not yet answered. */
async function reads({ restUrl }: System): Promise<number> {
  const headers = { authorization: `Bearer ${NEEDED.REDIS_REST_TOKEN}` };
  const answer = await fetch(restUrl, { method: "POST", headers, body: '["INFO","commandstats"]' });
  return Number(/cmdstat_mget:calls=(\d+)/.exec(((await answer.json()) as { result: string }).result)?.[1] ?? 0);
}

/** Asks for a job's status and waits until the request has arrived. */
export async function waitingFor(system: System, id: string): Promise<{ answered: Promise<Response> }> {
  const before = await reads(system);
  const answered = fetch(`${system.url}/job-status/${id}?wait=25`);
  answered.catch(() => {}); // its end is reported to those that wait for it
  await until(async () => (await reads(system)) > before);
  return { answered };
}
