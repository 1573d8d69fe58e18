import { once } from "node:events";
import * as z from "zod/mini";
import { createLog } from "../lib/log.ts";
import type { NewJob } from "../lib/queue/job.ts";
import { Queue } from "../lib/queue/queue.ts";
import { connectRedis } from "../lib/redis.ts";
import { defineTask, indexTasks } from "../lib/tasks.ts";
import { drain } from "../lib/worker.ts";

/** One case of the throughput bench, run in a process of its own: asked and answered by messages. */
export interface CaseRequest {
  peer: "wakeq" | "bullmq";
  concurrency: number;
  lanes: number;
  jobs: number;
  rest: { url: string; token: string };
  redisUrl: string;
  /** Where the peer's module is: a bundle in another folder would not find it. */
  bullmq: string;
}

export interface CaseResult {
  /** With those before the clock started. */
  jobs: number;
  jobsPerSecond: number;
  clientMicros: number;
}

const [request] = (await once(process, "message")) as [CaseRequest];
process.send!(await (request.peer === "wakeq" ? wakeq(request) : bullmq(request)));

/** How many jobs are run before the clock starts: a process that has just started compiles as it goes, whosever it is. */
function warmUp(jobs: number): number {
  return Math.min(jobs, 60_000);
}

async function timed(jobs: number, run: () => Promise<void>): Promise<CaseResult> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await run();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { jobs: jobs + warmUp(jobs), jobsPerSecond: jobs / seconds, clientMicros: (user + system) / jobs };
}

/** With all that a job has: leases, fencing, retries, history, counters, time limits, priorities. */
async function wakeq({ rest, jobs, concurrency, lanes }: CaseRequest): Promise<CaseResult> {
  const queue = new Queue(connectRedis(rest));
  const submit = async (count: number) => {
    for (let sent = 0; sent < count; sent += 100)
      await queue.submit(Array.from({ length: Math.min(100, count - sent) }, newJob));
  };

  let claims = 0;
  const parts = {
    ...{ queue, concurrency, log: createLog("silent"), wake: async () => {}, nextToken: () => `bench.${++claims}` },
    tasks: indexTasks([defineTask({ name: "noop", input: z.unknown(), run: async () => undefined })]),
    settings: { mailFrom: "", simulatedFailureRate: 0, allowPrivateAddresses: false },
  };
  const work = async (count: number) => {
    const summaries = await Promise.all(
      Array.from({ length: lanes }, () => drain(parts, { remainingMs: () => Number.POSITIVE_INFINITY })),
    );
    const completed = summaries.reduce((sum, summary) => sum + summary.completed, 0);
    if (completed !== count) throw new Error(`${completed} of ${count} jobs completed`);
  };
  await submit(warmUp(jobs));
  await work(warmUp(jobs));
  await submit(jobs);
  return timed(jobs, () => work(jobs));
}

function newJob(): NewJob {
  return { id: crypto.randomUUID(), task: "noop", priority: "normal", maxRetries: 3, createdAt: Date.now() };
}

async function bullmq({ redisUrl, jobs, concurrency, bullmq: module }: CaseRequest): Promise<CaseResult> {
  const { Queue: BullQueue, Worker } = (await import(module)) as typeof import("bullmq");
  const { hostname: host, port } = new URL(redisUrl);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new BullQueue("bench", { connection });
  const submit = async (count: number) => {
    for (let sent = 0; sent < count; sent += 500) {
      const data = { name: "noop", data: { task: "noop" } };
      await queue.addBulk(Array.from({ length: Math.min(500, count - sent) }, () => data));
    }
  };
  const work = async (count: number) => {
    const worker = new Worker("bench", async () => undefined, { connection, concurrency, autorun: false });
    let left = count;
    await new Promise<void>((resolve) => {
      worker.on("completed", () => --left === 0 && resolve());
      worker.run().catch(() => {});
    });
    return worker;
  };
  await submit(warmUp(jobs));
  await (await work(warmUp(jobs))).close();
  await submit(jobs);
  let worker: Awaited<ReturnType<typeof work>> | undefined;
  const result = await timed(jobs, async () => {
    worker = await work(jobs);
  });
  await worker?.close();
  await queue.close();
  return result;
}
