import type { Keys } from "../../lib/queue/keys.ts";
import type { LocalRedis } from "../../packages/redis-rest-local/src/testing.ts";

/** How many jobs are in each place. */
export type Crowd = Partial<Record<"normal" | "completed" | "failed" | "scheduled", number>>;

const AT = 1_790_000_000_000;
/** Far ahead of any clock. */
const AHEAD = 1_900_000_000_000;
const instantOf = (place: keyof Crowd, n: number) => (place === "scheduled" ? AHEAD : AT) + n * 1_000;
const PORTION = 5_000;

/** Puts jobs into the store directly, many of them in a moment: each a second after the one before. */
export async function fill(local: Pick<LocalRedis, "backend">, keys: Keys, crowd: Crowd): Promise<void> {
  let serial = 0;
  for (const [place, count] of Object.entries(crowd) as [keyof Crowd, number][])
    for (let from = 0; from < count; from += PORTION) {
      const numbers = Array.from({ length: Math.min(PORTION, count - from) }, (_, i) => from + i);
      const ids = numbers.map(() => `00000000-0000-4000-8000-${String(serial++).padStart(12, "0")}`);
      const records = numbers.flatMap((n, i) => [keys.jobPrefix + ids[i]!, recordOf(ids[i]!, place, n)]);
      await local.backend.send(["MSET", ...records]);
      if (place === "normal") await local.backend.send(["LPUSH", keys.normal, ...ids]);
      else
        await local.backend.send([
          "ZADD",
          keys[place],
          ...numbers.flatMap((n, i) => [String(instantOf(place, n)), ids[i]!]),
        ]);
    }
}

function recordOf(id: string, place: keyof Crowd, n: number): string {
  const at = instantOf(place, n);
  const status = place === "normal" || place === "scheduled" ? "pending" : place;
  const ran = { started_at: at - 20, finished_at: at, token: "w.1" };
  const attempt = { attempt: 1, outcome: "failed", started_at: at - 20, ended_at: at, worker: "w" };
  return JSON.stringify({
    ...{ v: 1, status, retries: 0 },
    ...(place === "scheduled" ? { run_at: at } : {}),
    ...(status === "pending" ? {} : ran),
    ...{
      job_id: id,
      task: `task_${n % 7}`,
      max_retries: 0,
      created_at: AT + n * 1_000 - (status === "pending" ? 0 : 1_000),
    },
    payload: JSON.stringify({ to: "ada@example.com", text: "x".repeat(200) }),
    ...(status === "failed"
      ? { attempts: [{ ...attempt, error: "Error", message: `no answer from 10.0.0.${n % 250} after ${n} ms` }] }
      : {}),
  });
}
