import type { NewJob } from "../lib/queue/job.ts";
import { WorkerQueue } from "../lib/queue/worker-queue.ts";
import { connectRedis } from "../lib/redis/redis.ts";
import { startLocalEmbedded, startLocalRedis } from "../packages/redis-rest-local/src/testing.ts";
import type { Measure } from "./case.ts";
import { whole } from "./comparison.ts";
import { buildProgram } from "./program.ts";
import type { BenchOptions } from "./rounds.ts";
import { median, shuffled, table } from "./table.ts";

const STORES = { "redis-server": startLocalRedis, embedded: startLocalEmbedded };
const BATCHES = [1, 10, 100];
const WAITING = 100_000;

/** Compares the embedded store with a Redis: no-op jobs through the gateway, and what many waiting jobs cost. */
export async function embedded({ rounds, seconds }: BenchOptions): Promise<undefined> {
  const program = await buildProgram();
  const cases = BATCHES.flatMap((batch) => Object.entries(STORES).map(([store, start]) => ({ batch, store, start })));
  const speeds = new Map<string, number[]>(cases.map(({ batch, store }) => [`${batch} ${store}`, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { batch, store, start } of shuffled(cases)) {
      const local = await start();
      const measure: Measure = { measure: "work", payloadBytes: 0, workers: 1, atOnce: batch, taskMs: 0 };
      const address = { redisUrl: "", peerUrl: "", rest: { url: local.url, token: local.token } };
      const found = program.run({ measure, peer: "wakeq", store: address, seconds }).finally(() => local.stop());
      speeds.get(`${batch} ${store}`)!.push((await found).jobsPerSecond!);
    }
  }
  await program.remove();
  const rows = BATCHES.map((batch) => {
    const [redis, ours] = Object.keys(STORES).map((store) => median(speeds.get(`${batch} ${store}`)!)) as [
      number,
      number,
    ];
    return [`batch ${batch}, one lane`, ...[redis, ours].map(whole), `${(ours / redis).toFixed(2)} ×`];
  });
  console.log(table(["process no-op jobs", "redis-server, jobs/s", "embedded, jobs/s", "of redis-server"], rows));
  await wait();
}

async function wait(): Promise<void> {
  const local = await startLocalEmbedded();
  try {
    const queue = new WorkerQueue(connectRedis(local));
    const before = process.memoryUsage().rss;
    const begin = performance.now();
    for (let sent = 0; sent < WAITING; sent += 100) await queue.submit(Array.from({ length: 100 }, newJob));
    const seconds = (performance.now() - begin) / 1000;
    const { ready } = await queue.stats();
    const bytes = (process.memoryUsage().rss - before) / WAITING;
    console.log(
      `\n${whole(ready.normal)} jobs wait: ${whole(WAITING / seconds)} submits a second, ${whole(bytes)} bytes a job`,
    );
  } finally {
    await local.stop();
  }
}

function newJob(): NewJob {
  return { id: crypto.randomUUID(), task: "noop", priority: "normal", maxRetries: 3, createdAt: Date.now() };
}
