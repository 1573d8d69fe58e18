import { randomUUID } from "node:crypto";
import { declareOnce, disownerOf } from "../app/declared-schedules.ts";
import type { WorkerApp } from "../app/worker-app.ts";
import { describe } from "../errors.ts";
import { adding, createLog, type Log } from "../observability/log.ts";
import type { WorkerQueue } from "../queue/worker-queue.ts";
import { guardDrain } from "../worker/crash.ts";
import type { Life } from "../worker/deadline.ts";
import { type DrainSummary, drain } from "../worker/drain.ts";
import { NOTHING_DONE } from "../worker/summary.ts";
import { createWatch } from "../worker/watch.ts";

/** The unique name of this process: part of every token, and the `worker` in the history of attempts. */
const workerId = randomUUID().replaceAll("-", "").slice(0, 12);
/** Each twentieth claim begins with the lowest priority (scripts/parts/pop.lua). Most processes make fewer than twenty. */
let claims = Number.parseInt(workerId, 16) % 20;

/** Names a claim of this process. */
export function nextToken(): string {
  return `${workerId}.${++claims}`;
}

/** The time between trims. The first is due this long after the process began, so that not every wake-up trims. */
const TRIM_MS = 60_000;
let trimmedAt = performance.now();

const IDLE: DrainSummary = { ...NOTHING_DONE, stopped: "empty" };

/**
 * Runs one invocation of the worker. Never throws: Lambda would take that for a crash of this process. The schedule's invocation
 * first asks with a single command whether there is anything to do; on the hour it trims even if there is nothing. `requestId`
 * is Lambda's.
 */
export async function invocation(
  app: WorkerApp,
  event: unknown,
  life: Life,
  requestId?: string,
): Promise<DrainSummary> {
  const { queue, wake, config } = app;
  const { source, depth } = eventOf(event);
  const signature = () => ({ worker: workerId, request_id: requestId });
  const log = adding(app.log, signature);
  const watch = createWatch({
    log,
    workerId,
    exportSpans: app.exportSpans,
    ...(config.metrics ? { metrics: { stage: config.stage, log: adding(createLog("info"), signature) } } : {}),
  });
  const crash = new AbortController();
  const endGuard = guardDrain(crash, log);
  // A drain that never finds the queue empty would never trim it.
  const trimming = setInterval(() => void trim(queue, log), TRIM_MS).unref();
  try {
    const declaring = declareOnce(app, log);
    if (declaring !== undefined) await declaring;
    const sight = source === "tick" ? await queue.look() : "work";
    if (sight !== "work") {
      const isOnTheHour = new Date().getUTCMinutes() === 0;
      if (isOnTheHour) await trim(queue, log);
      await watch.tick(isOnTheHour ? queue : sight);
      return IDLE;
    }
    if (source === "tick") await watch.tick(queue);
    const summary = await drain(
      {
        queue,
        tasks: await app.tasks(),
        log,
        nextToken,
        concurrency: config.worker.concurrency,
        unknownTaskMs: config.worker.unknownTaskMs,
        observers: watch.observers,
        ...disownerOf(app, log),
        tick: source === "tick",
        traced: app.exportSpans !== undefined,
        wake: (why) => wake({ source: why, depth: depth + 1 }, log),
      },
      { ...life, crash: crash.signal },
    );
    log(foundNothing(source, summary) ? "debug" : "info", "drain", { source, depth, ...summary });
    await watch.finish(queue, life);
    if (summary.stopped === "empty" && performance.now() - trimmedAt > TRIM_MS) await trim(queue, log);
    return summary;
  } catch (error) {
    log("error", "drain_failed", { source, depth, ...describe(error) });
    return { ...IDLE, stopped: "unreachable" };
  } finally {
    endGuard();
    clearInterval(trimming);
  }
}

/** Tells whether nobody asked and nothing happened: then the log says so only at level debug. */
function foundNothing(source: string, { claimed, stopped }: DrainSummary): boolean {
  return (source === "tick" || source === "reload") && claimed === 0 && stopped === "empty";
}

async function trim(queue: WorkerQueue, log: Log): Promise<void> {
  try {
    const { more, ...forgotten } = await queue.trim();
    if (!more) trimmedAt = performance.now();
    if (forgotten.completed + forgotten.failed + forgotten.cancelled > 0) log("info", "trim", forgotten);
  } catch (error) {
    log("warn", "trim_failed", { ...describe(error) });
  }
}

/** Reads a wake-up (`lib/app/wake.ts`), the schedule's event (`{"source": "tick"}`), or anything that `sls invoke` sends. */
function eventOf(event: unknown): { source: string; depth: number } {
  const { source, depth } = (typeof event === "object" && event !== null ? event : {}) as Record<string, unknown>;
  return {
    source: typeof source === "string" ? source : "invoke",
    depth: typeof depth === "number" && Number.isSafeInteger(depth) && depth > 0 ? depth : 0,
  };
}
