import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ending, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import type { Backend } from "../../packages/redis-rest-local/src/backend.ts";
import { startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";

const BATCH = 100;
/** How many jobs of each kind are kept. Only the count limits them. */
const KEPT = 100;
const LEASE_MS = 1_000;
const SAMPLES = 10;

export interface Sample {
  jobs: number;
  keys: number;
  bytes: number;
}

/**
 * Lets jobs come and go: submitted, claimed, completed, failed or cancelled, removed. The first sample is taken when the
 * greatest number of jobs is kept, the last one when nothing runs any more.
 */
export async function churn(jobs: number, say: (sample: Sample) => void = () => {}): Promise<Sample[]> {
  const local = await startLocalRedis();
  try {
    const rule = { ageMs: Number.MAX_SAFE_INTEGER, keep: KEPT };
    const retention = { completed: rule, failed: rule, cancelled: rule };
    const queue = new WorkerQueue(connectRedis(local), { leaseMs: LEASE_MS, retention });
    const samples: Sample[] = [];
    const every = Math.max(1, Math.floor(jobs / BATCH / SAMPLES));
    for (let round = 1; round * BATCH <= jobs; round++) {
      await comeAndGo(queue, round);
      if (round % 5 !== 0 && round % every !== 0) continue;
      while ((await queue.trim()).more);
      if (round % every !== 0) continue;
      samples.push(await sample(local.backend, round * BATCH));
      say(samples.at(-1)!);
    }
    while ((await queue.trim()).more);
    await settled(local.backend);
    samples.push(await sample(local.backend, jobs));
    return samples;
  } finally {
    await local.stop();
  }
}

async function comeAndGo(queue: WorkerQueue, round: number): Promise<void> {
  const ids = Array.from({ length: BATCH }, () => randomUUID());
  const job = {
    task: "t",
    priority: "normal",
    maxRetries: 3,
    createdAt: Date.now(),
    payload: `"${"p".repeat(600)}"`, // too large for the record
  } as const;
  await queue.submit(ids.map((id) => ({ ...job, id })));
  await Promise.all(ids.slice(0, 10).map((id) => queue.cancel(id)));
  const token = `churn.${round}`;
  await queue.step({ claim: { token, count: BATCH, arrived: true } });
  const failure = { token, error: "Error", message: "no" };
  const settle = ids
    .slice(3)
    .map(
      (id, i): Ending =>
        i < 10 ? { id, ...failure, outcome: "failed" } : { id, token, outcome: "completed", result: '"r"' },
    );
  await queue.step({ settle });
}

/** Waits until every key that should expire has expired. */
async function settled(backend: Backend): Promise<void> {
  const until = performance.now() + 30 * LEASE_MS;
  while (performance.now() < until && /expires=[1-9]/.test(String(await backend.send(["INFO", "keyspace"]))))
    await sleep(LEASE_MS / 10);
}

async function sample(backend: Backend, jobs: number): Promise<Sample> {
  const keys = Number(await backend.send(["DBSIZE"]));
  const bytes = Number(/used_memory:(\d+)/.exec(String(await backend.send(["INFO", "memory"])))![1]);
  return { jobs, keys, bytes };
}
