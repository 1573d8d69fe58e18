import { setTimeout as sleep } from "node:timers/promises";
import type { NewJob } from "../../lib/queue/job.ts";
import type { UniqueKey } from "../../lib/queue/unique-key.ts";
import type { Backend } from "../../packages/redis-rest-local/src/backend.ts";
import type { StoredRecord } from "../support/redis.ts";

/** How long a key is held that is held for a time, in ms. */
export const HELD_MS = 800;
const KEYS_OF_A_KIND = 3;

/** Draws one of a few keys, so that jobs compete for them. */
export function anyKey(random: () => number): UniqueKey {
  const until = (["finished", "started", HELD_MS] as const)[Math.floor(random() * 3)]!;
  const n = Math.floor(random() * KEYS_OF_A_KIND);
  return { hash: `${until}-${n}`.padEnd(22, "_"), until };
}

/** Looks again and again, at one moment each time, which jobs hold unique keys. Bypasses the faults. */
export function watchKeys(backend: Backend, jobs: readonly NewJob[], signal: AbortSignal): { broken: Set<string> } {
  const keys = jobs.filter(({ unique }) => unique !== undefined).map(({ id }) => `job:${id}`);
  const broken = new Set<string>();
  async function look(): Promise<void> {
    const records = (await backend.send(["MGET", ...keys])) as (Buffer | null)[];
    const holders = new Map<string, string>();
    for (const text of records) {
      const job = text && (JSON.parse(String(text)) as StoredRecord);
      if (!job || !holds(job)) continue;
      const other = holders.get(job.unique!);
      if (other !== undefined) broken.add(`${job.unique} is held by ${other} and ${job.job_id} at the same time`);
      holders.set(job.unique!, job.job_id);
    }
  }
  void (async () => {
    while (keys.length > 0 && !signal.aborted) {
      await look().catch(() => undefined); // Redis is away
      await sleep(25);
    }
  })();
  return { broken };
}

/** Whether a job certainly holds its key. One that was given back before it began may have lost it. */
function holds({ unique, status, token, retries, attempts, redrive }: StoredRecord): boolean {
  if (unique?.startsWith("f:")) return status === "pending" || status === "processing";
  const isUntouched = [token, redrive, attempts].every((each) => each === undefined) && retries === 0;
  return Boolean(unique?.startsWith("s:")) && status === "pending" && isUntouched;
}
