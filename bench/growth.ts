import type { NewJob } from "../lib/queue/job.ts";
import { WorkerQueue } from "../lib/queue/worker-queue.ts";
import { connectRedis } from "../lib/redis/redis.ts";
import type { Backend } from "../packages/redis-rest-local/src/backend.ts";
import { startLocalRedis } from "../packages/redis-rest-local/src/testing.ts";
import { redisBytes, redisMicros } from "./redis-info.ts";
import type { BenchOptions } from "./rounds.ts";
import { median, shuffled, table } from "./table.ts";

const BATCH = 100;
/** Jobs that are submitted, and run, at each depth. */
const MEASURED = 20_000;
/** The depth at which Redis doubles its table of keys. For a while each command then moves a part of the old table. */
const DOUBLING = 2 ** 20;
const CASES = [
  ...[1_000, 10_000, 100_000, 1_000_000].map((waiting) => ({ name: waiting.toLocaleString("en"), waiting })),
  { name: "1,048,576: Redis doubles its table of keys", waiting: DOUBLING - MEASURED / 2 },
];

interface GrowthCosts {
  bytes: number;
  submit: number;
  submitRedis: number;
  work: number;
  workRedis: number;
}

/** Measures whether a job costs more when many wait: submit, then claim and settle, in batches of 100, at each depth. */
export async function growth({ rounds }: BenchOptions): Promise<undefined> {
  const local = await startLocalRedis();
  const measured = new Map<string, GrowthCosts[]>(CASES.map(({ name }) => [name, []]));
  try {
    const queue = new WorkerQueue(connectRedis(local));
    await costsAt(MEASURED, queue, local.backend); // what has just started compiles as it goes
    for (let round = 1; round <= rounds; round++) {
      for (const { name, waiting } of shuffled(CASES))
        measured.get(name)!.push(await costsAt(waiting, queue, local.backend));
    }
  } finally {
    await local.stop();
  }
  const middle = (name: string, of: keyof GrowthCosts) => median(measured.get(name)!.map((costs) => costs[of]));
  const base = CASES[0]!.name;
  const rows = CASES.map(({ name }) => [
    name,
    middle(name, "bytes").toFixed(0),
    ...(["submit", "submitRedis", "work", "workRedis"] as const).map((of) => middle(name, of).toFixed(1)),
    `${(middle(name, "work") / middle(base, "work")).toFixed(2)} ×`,
    `${(middle(name, "workRedis") / middle(base, "workRedis")).toFixed(2)} ×`,
  ]);
  const heads = ["jobs waiting", "bytes a job", "submit µs", "Redis' CPU", "claim and settle µs", "Redis' CPU"];
  console.log(table([...heads, "of the first", "Redis' CPU of the first"], rows));
}

async function costsAt(waiting: number, queue: WorkerQueue, backend: Backend): Promise<GrowthCosts> {
  await backend.send(["FLUSHALL"]);
  const empty = await redisBytes(backend);
  await submit(queue, waiting);
  await finishDoubling(backend, waiting);
  const bytes = ((await redisBytes(backend)) - empty) / waiting;
  const [submitted, submitRedis] = await timed(backend, () => submit(queue, MEASURED));
  const [work, workRedis] = await timed(backend, () => run(queue, MEASURED));
  return { bytes, submit: submitted, submitRedis, work, workRedis };
}

/** Finishes what the last doubling left to move: each look-up moves a part. */
async function finishDoubling(backend: Backend, keys: number): Promise<void> {
  const nothing = Array.from({ length: 1_000 }, (_, i) => `nothing:${i}`);
  for (let i = 0; i < 2 * keys; i += nothing.length) await backend.send(["EXISTS", ...nothing]);
}

/** Measures the µs that a job takes, and Redis' CPU time in them. */
async function timed(backend: Backend, work: () => Promise<void>): Promise<[number, number]> {
  const [begin, before] = [performance.now(), await redisMicros(backend)];
  await work();
  const [time, cpu] = [(performance.now() - begin) * 1_000, (await redisMicros(backend)) - before];
  return [time / MEASURED, cpu / MEASURED];
}

async function submit(queue: WorkerQueue, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += BATCH)
    await queue.submit(Array.from({ length: Math.min(BATCH, count - sent) }, newJob));
}

let claims = 0;

async function run(queue: WorkerQueue, count: number): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    const token = `growth.${++claims}`;
    const { claimed } = await queue.step({ claim: { token, count: BATCH, arrived: false, againMs: 2_000 } });
    const settle = claimed!.jobs.map(({ job }) => ({ id: job.id, token, outcome: "completed" as const }));
    if (settle.length < BATCH) throw new Error(`a claim of ${BATCH} took ${settle.length}`);
    await queue.step({ settle });
  }
}

function newJob(): NewJob {
  return { id: crypto.randomUUID(), task: "noop", priority: "normal", maxRetries: 3, createdAt: Date.now() };
}
