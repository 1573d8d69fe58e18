import { setTimeout as sleep } from "node:timers/promises";
import { readHistory } from "../../lib/queue/history.ts";
import { type QueueStats, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { randomOf } from "../support/random.ts";
import { readStore } from "../support/store.ts";
import { check } from "./check.ts";
import { type Order, planOrders, submitAll } from "./clients.ts";
import { readMarks } from "./marks.ts";
import { startTime } from "./time.ts";
import { watchKeys } from "./unique.ts";
import { STRIKES, type Strike, startWorld, type World } from "./world.ts";

const LOOK_MS = 50;

export interface ChaosOptions {
  jobs: number;
  /** Workers killed with SIGKILL. */
  kills: number;
  /** Restarts of the gateway and of Redis (SIGKILL) in turn. */
  restarts: number;
  /** Workers stopped for about the length of a lease and then resumed. */
  freezes: number;
  /** Decides what is submitted, which faults strike and in which order; not how processes are scheduled. */
  seed: number;
  workers: number;
  concurrency: number;
  leaseMs: number;
  /** The run is abandoned after this time, and every process that it started is ended. */
  limitMs: number;
  /** Reports progress. */
  say?: (line: string) => void;
}

export type ChaosReport = Awaited<ReturnType<typeof runChaos>>;

/** Submits, works and strikes until everything is done, then checks every promise. */
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
    const { queue, direct, redis } = queuesOf(world);
    const orders = planOrders(options.jobs, options.leaseMs, random);
    const progress = watch(direct, options.say ?? (() => {}), ended);
    const { wake, backend } = world;
    const keys = watchKeys(
      backend,
      orders.flatMap(({ jobs }) => jobs),
      ended,
    );
    const byHand: Order[] = [];
    const time = startTime({ queue, redis, random, wake, byHand, signal: ended });
    await Promise.all([
      submitAll(orders, { queue, random, wake, finished: progress.finished, signal: ended }),
      strikeAll(world, planStrikes(options, random), options.jobs, progress, ended),
    ]);
    world.calm();
    await time.end();
    // A worker that was started late may declare its schedules only now.
    const disowning = setInterval(() => void time.keeper.disown().catch(() => undefined), 10 * LOOK_MS);
    ended.addEventListener("abort", () => clearInterval(disowning), { once: true });
    // Requests without an answer may arrive a moment later, so the queue must be seen done twice.
    for (const _ of [1, 2]) {
      await sleep(4 * LOOK_MS);
      await progress.until(isDone);
    }
    clearInterval(disowning);
    progress.end();
    await world.workers.endAll("SIGTERM");

    const store = await readStore(world, "");
    const { killed, complaints, events } = world.workers;
    const { struck, outages } = world;
    const histories = await Promise.all([readHistory(direct, "hour"), readHistory(direct, "month")]);
    const { stretches, did } = time.keeper;
    const told = { orders: [...orders, ...byHand], stretches, pauses: time.pauser.pauses };
    const checked = check({ ...told, store, histories, marks: readMarks(world.marks), killed, outages });
    const left = await forgetAll(world);
    const lines = left.map((key) => `left over in the end: ${key}`);
    const broken = [...checked.broken, ...keys.broken, ...complaints, ...lines];
    return { ...checked, broken, options, did, struck, events, seconds: (performance.now() - startedAt) / 1_000 };
  }
}

function queuesOf({ proxyUrl, gatewayUrl, token }: World) {
  const queueAt = (url: string, retention: object = {}) =>
    new WorkerQueue(connectRedis({ url, token, timeoutMs: 2_000 }), retention);
  const redis = connectRedis({ url: proxyUrl, token, timeoutMs: 2_000 });
  return { queue: queueAt(proxyUrl), direct: queueAt(gatewayUrl), redis };
}

type Progress = ReturnType<typeof watch>;

/** Polls the state of the queue, bypassing the faults. */
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

function waitingIn({ ready, suspects, scheduled, pausedTasks = [] }: QueueStats): number {
  const parked = pausedTasks.reduce((sum, each) => sum + each.parked, 0);
  return ready.high + ready.normal + ready.low + suspects + scheduled + parked;
}

function isDone(stats: QueueStats): boolean {
  return waitingIn(stats) + stats.processing === 0;
}

/** Spreads the strikes over the run: each waits for a number of finished jobs while others run. Late ones strike at the end. */
async function strikeAll(world: World, strikes: Strike[], jobs: number, progress: Progress, ended: AbortSignal) {
  for (const [i, strike] of strikes.entries()) {
    const due = (jobs * 0.9 * i) / strikes.length;
    const isLate = () => progress.finished() >= jobs * 0.9;
    await progress.until((stats) => progress.finished() >= due && (stats.processing > 0 || isLate()));
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

/** Removes every finished job: any key that is left should never have existed. */
async function forgetAll({ gatewayUrl, token, backend }: World): Promise<string[]> {
  const none = { ageMs: 0, keep: 0 };
  const retention = { completed: none, failed: none, cancelled: none };
  const queue = new WorkerQueue(connectRedis({ url: gatewayUrl, token }), { retention });
  while ((await queue.trim()).more);
  const {
    counters: _,
    claims,
    wake,
    linger,
    asleep,
    offers,
    uniques,
    schedules,
    ...rest
  } = await readStore({ backend }, "");
  // What stays of schedules is the note that code declares none.
  const fields = Object.keys(schedules ?? {}).filter((field) => field !== " code");
  return [...Object.keys(rest).filter((name) => name !== "expiries"), ...fields.map((field) => `schedules: ${field}`)];
}

/** Waits for the promise, and rejects if the signal aborts first. */
async function inTime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([work(), aborted]);
}
