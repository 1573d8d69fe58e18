import { setTimeout as sleep } from "node:timers/promises";
import { type QueueStats, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { randomOf } from "../support/random.ts";
import { readStore } from "../support/store.ts";
import { check } from "./check.ts";
import { planOrders, submitAll } from "./clients.ts";
import { readMarks } from "./marks.ts";
import { STRIKES, type Strike, startWorld, type World } from "./world.ts";

const LOOK_MS = 50;

export interface ChaosOptions {
  jobs: number;
  /** Workers killed with SIGKILL. */
  kills: number;
  /** Restarts of the gateway and of Redis (SIGKILL) in turn. */
  restarts: number;
  /** Workers stopped for about a lease and let go on. */
  freezes: number;
  /** Decides what is submitted, the faults and their order; not how processes take turns. */
  seed: number;
  workers: number;
  concurrency: number;
  leaseMs: number;
  /** The run is given up after this. Every process that it started ends then, too. */
  limitMs: number;
  /** Says how far it is. */
  say?: (line: string) => void;
}

export type ChaosReport = Awaited<ReturnType<typeof runChaos>>;

/** Submit, work and strike until all is done; then see what became of every promise. */
export async function runChaos(options: ChaosOptions, signal?: AbortSignal) {
  const startedAt = performance.now();
  const random = randomOf(options.seed);
  const over = new AbortController();
  const limit = AbortSignal.any([over.signal, AbortSignal.timeout(options.limitMs), ...(signal ? [signal] : [])]);
  const world = await startWorld({ ...options, random });
  try {
    return await inTime(limit, () => run(limit));
  } finally {
    over.abort();
    await world.stop();
  }

  async function run(ended: AbortSignal) {
    const { queue, direct } = queuesOf(world);
    const orders = planOrders(options.jobs, options.leaseMs, random);
    const progress = watch(direct, options.say ?? (() => {}), ended);
    const wake = world.wake;
    await Promise.all([
      submitAll(orders, { queue, random, wake, finished: progress.finished, signal: ended }),
      strikeAll(world, planStrikes(options, random), options.jobs, progress, ended),
    ]);
    world.calm();
    // What clients did not hear of may still be on its way for a moment: done is what is done twice.
    for (const _ of [1, 2]) {
      await sleep(4 * LOOK_MS);
      await progress.until(isDone);
    }
    progress.end();
    await world.workers.endAll("SIGTERM");

    const store = await readStore(world, "");
    const { killed, complaints, events } = world.workers;
    const { struck, outages } = world;
    const checked = check({ orders, store, marks: readMarks(world.marks), killed, outages });
    const left = await forgetAll(world);
    const broken = [...checked.broken, ...complaints, ...left.map((key) => `left over in the end: ${key}`)];
    return { ...checked, broken, options, struck, events, seconds: (performance.now() - startedAt) / 1_000 };
  }
}

function queuesOf({ proxyUrl, gatewayUrl, token }: World) {
  const queueAt = (url: string, retention: object = {}) =>
    new WorkerQueue(connectRedis({ url, token, timeoutMs: 2_000 }), retention);
  return { queue: queueAt(proxyUrl), direct: queueAt(gatewayUrl) };
}

type Progress = ReturnType<typeof watch>;

/** Asks all the time how far the queue is, past the faults. */
function watch(queue: WorkerQueue, say: (line: string) => void, ended: AbortSignal) {
  let latest: QueueStats | undefined;
  let said = performance.now();
  let enough = false;
  async function look(): Promise<void> {
    while (!enough && !ended.aborted) {
      latest = (await queue.stats().catch(() => undefined)) ?? latest;
      if (latest && performance.now() - said > 5_000) {
        said = performance.now();
        say(`${finishedIn(latest)} finished, ${latest.processing} running, ${waitingIn(latest)} waiting`);
      }
      await sleep(LOOK_MS);
    }
  }
  void look();
  return {
    end() {
      enough = true;
    },
    finished: () => (latest ? finishedIn(latest) : 0),
    async until(holds: (stats: QueueStats) => boolean): Promise<void> {
      while (!latest || !holds(latest)) await sleep(LOOK_MS, undefined, { signal: ended });
    },
  };
}

function finishedIn({ completed, failed, cancelled }: QueueStats): number {
  return completed + failed + cancelled;
}

function waitingIn({ ready, suspects, scheduled }: QueueStats): number {
  return ready.high + ready.normal + ready.low + suspects + scheduled;
}

function isDone(stats: QueueStats): boolean {
  return waitingIn(stats) + stats.processing === 0;
}

/** Spread over the run: each strikes when this many jobs have finished and others are being run. What is late strikes at the end. */
async function strikeAll(world: World, strikes: Strike[], jobs: number, progress: Progress, ended: AbortSignal) {
  for (const [i, strike] of strikes.entries()) {
    const due = (jobs * 0.9 * i) / strikes.length;
    const isLate = (stats: QueueStats) => isDone(stats) && progress.finished() >= jobs * 0.9;
    await progress.until((stats) => progress.finished() >= due && (stats.processing > 0 || isLate(stats)));
    ended.throwIfAborted();
    await world.strike(strike);
  }
}

function planStrikes({ kills, restarts, freezes }: ChaosOptions, random: () => number): Strike[] {
  const counts = { kill: kills, gateway: Math.floor(restarts / 2), redis: Math.ceil(restarts / 2), freeze: freezes };
  return STRIKES.flatMap((strike) => Array.from({ length: counts[strike] }, () => strike))
    .map((strike) => ({ strike, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ strike }) => strike);
}

/** Forget every finished job: what is left then should never have been there. */
async function forgetAll({ gatewayUrl, token, backend }: World): Promise<string[]> {
  const none = { ageMs: 0, keep: 0 };
  const retention = { completed: none, failed: none, cancelled: none };
  const queue = new WorkerQueue(connectRedis({ url: gatewayUrl, token }), { retention });
  while ((await queue.trim()).more);
  const { counters: _, claims, wake, linger, offers, ...rest } = await readStore({ backend }, "");
  return Object.keys(rest).filter((name) => name !== "expiries");
}

/** Rejects when the signal aborts, at the latest. */
async function inTime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([work(), aborted]);
}
