import type { NewJob } from "../lib/queue/job.ts";
import { Queue } from "../lib/queue/queue.ts";
import { connectRedis } from "../lib/redis.ts";
import type { Backend } from "../local/backend.ts";
import { startLocalRedis } from "../local/testing.ts";
import { redisMicros } from "./redis-micros.ts";
import { table } from "./table.ts";

const DEPTHS = [1_000, 10_000, 100_000, 1_000_000];
const BATCH = 100;
/** Jobs that are submitted, and run, at each depth. */
const MEASURED = 20_000;

/** Whether a job costs more when many wait: submitted, and claimed and settled, in batches of 100 at each depth. */
export async function growth(): Promise<void> {
  const local = await startLocalRedis();
  try {
    const queue = new Queue(connectRedis(local));
    await submit(queue, MEASURED);
    await work(queue, MEASURED, "warm");
    const rows: string[][] = [];
    let waiting = 0;
    for (const depth of DEPTHS) {
      await submit(queue, depth - waiting);
      const added = await measured(local.backend, () => submit(queue, MEASURED));
      const run = await measured(local.backend, () => work(queue, MEASURED, String(depth)));
      rows.push([depth.toLocaleString("en"), ...added, ...run]);
      waiting = depth;
    }
    console.log(table(["jobs waiting", "submit µs", "Redis CPU µs", "claim and settle µs", "Redis CPU µs"], rows));
  } finally {
    await local.stop();
  }
}

/** Per job: the time that it took, and Redis' part. */
async function measured(backend: Backend, run: () => Promise<void>): Promise<string[]> {
  const [begin, before] = [performance.now(), await redisMicros(backend)];
  await run();
  const spent = [(performance.now() - begin) * 1_000, (await redisMicros(backend)) - before];
  return spent.map((micros) => (micros / MEASURED).toFixed(1));
}

async function submit(queue: Queue, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += BATCH) await queue.submit(Array.from({ length: BATCH }, newJob));
}

async function work(queue: Queue, count: number, name: string): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    const token = `${name}.${done}`;
    const { claimed } = await queue.step({ claim: { token, count: BATCH, arrived: false, againMs: 2_000 } });
    const settle = claimed!.jobs.map(({ job }) => ({ id: job.job_id, token, outcome: "completed" as const }));
    if (settle.length < BATCH) throw new Error(`a claim of ${BATCH} took ${settle.length}`);
    await queue.step({ settle });
  }
}

function newJob(): NewJob {
  return { id: crypto.randomUUID(), task: "noop", priority: "normal", maxRetries: 3, createdAt: Date.now() };
}
