import type { Log } from "../observability/log.ts";
import { metricFields, WORKER_METRICS } from "../observability/metrics.ts";
import type { NewJob } from "../queue/job.ts";
import type { Ending, QueueStats, Stepped } from "../queue/worker-queue.ts";
import type { HeldAttempt } from "./attempt.ts";
import type { ObservedEnding, Observer } from "./observer.ts";

/** The most values of a metric in one document. */
const MOST_VALUES = 100;
/** How often metrics are written in a drain that may last for hours. */
const FLUSH_MS = 60_000;

/**
 * What a drain did, as lines of metrics: one at its end, and before that one for each hundred jobs or each minute.
 * Submitted (by tasks), Completed, Retried and Failed are what Redis accepted; the last three add up to the drain's summary.
 */
export class DrainMetrics implements Observer {
  readonly #log: Log;
  readonly #stage: string;
  #flushedAt = performance.now();
  #counts = noCounts();
  /** Jobs that have failed for good in this drain, written or not. */
  deadLetters = 0;
  #waitTimes: number[] = [];
  #runTimes: number[] = [];
  /** How long after its time the latest slot fired, in ms. Undefined: none has fired. */
  #latestSlotMs: number | undefined;
  /** Attempts begun, by task: a property for queries. As a dimension, each task would be another metric on the bill. */
  #tasks: Record<string, number> = {};

  constructor(stage: string, log: Log) {
    this.#stage = stage;
    this.#log = log;
  }

  stepped(settled: readonly Ending[], { settled: words, claimed }: Stepped): void {
    for (const [i, word] of words.entries()) {
      if (word === "settled") this.#count(settled[i]!);
      if (word === "cancelled") this.#counts.Cancelled++;
    }
    for (const { status } of claimed?.reclaimed ?? []) {
      this.#counts.LeaseExpired++;
      if (status === "failed") this.#countFailed();
    }
    const isFull = Math.max(this.#waitTimes.length, this.#runTimes.length) >= MOST_VALUES;
    if (isFull || performance.now() - this.#flushedAt >= FLUSH_MS) this.flush();
  }

  submitted(_job: NewJob): void {
    this.#counts.Submitted++;
  }

  conflicted(_job: NewJob): void {
    this.#counts.UniqueConflicts++;
  }

  slotFired(lateMs: number): void {
    this.#latestSlotMs = Math.max(this.#latestSlotMs ?? 0, lateMs);
  }

  began({ waitMs, claimed: { job } }: HeldAttempt): void {
    this.#waitTimes.push(waitMs);
    this.#tasks[job.task] = (this.#tasks[job.task] ?? 0) + 1;
  }

  ended(_: HeldAttempt, { outcome }: ObservedEnding, ranMs: number): void {
    if (outcome === "cancelled") this.#counts.Cancelled++;
    if (outcome === "completed" || outcome === "retry" || outcome === "failed") this.#runTimes.push(Math.round(ranMs));
  }

  /** Writes what has come together since the last time, if anything has. */
  flush(): void {
    const [counts, waitTimes, runTimes, tasks] = [this.#counts, this.#waitTimes, this.#runTimes, this.#tasks];
    const ScheduleLateMs = this.#latestSlotMs;
    this.#flushedAt = performance.now();
    const happened = ScheduleLateMs !== undefined || Object.values(counts).some((count) => count > 0);
    if (!happened && waitTimes.length === 0 && runTimes.length === 0) return;
    this.#counts = noCounts();
    this.#latestSlotMs = undefined;
    [this.#waitTimes, this.#runTimes, this.#tasks] = [[], [], {}];
    for (let from = 0; from === 0 || from < Math.max(waitTimes.length, runTimes.length); from += MOST_VALUES) {
      const [WaitTime, RunTime] = [waitTimes, runTimes].map((times) => times.slice(from, from + MOST_VALUES));
      const values = {
        ...(from === 0 ? written(counts) : {}),
        ...(from === 0 && ScheduleLateMs !== undefined ? { ScheduleLateMs } : {}),
        ...(WaitTime!.length > 0 ? { WaitTime } : {}),
        ...(RunTime!.length > 0 ? { RunTime } : {}),
      };
      const fields = metricFields(WORKER_METRICS, values, this.#stage);
      this.#log("info", "metrics", from === 0 ? { tasks, ...fields } : fields);
    }
  }

  #count(ending: Ending): void {
    const { outcome } = ending;
    if (outcome === "completed") this.#counts.Completed++;
    else if (outcome === "retry") this.#counts.Retried++;
    else if (outcome === "failed") this.#countFailed();
    if ("isExpired" in ending) this.#counts.Expired++;
  }

  #countFailed(): void {
    this.#counts.Failed++;
    this.deadLetters++;
  }
}

function noCounts() {
  return {
    Submitted: 0,
    UniqueConflicts: 0,
    Completed: 0,
    Retried: 0,
    Failed: 0,
    Expired: 0,
    Cancelled: 0,
    LeaseExpired: 0,
  };
}

/** Leaves out what is rare while it is 0: CloudWatch bills a metric from the first time that it is written. */
function written({ UniqueConflicts, Expired, ...counts }: ReturnType<typeof noCounts>) {
  return { ...counts, ...(UniqueConflicts > 0 ? { UniqueConflicts } : {}), ...(Expired > 0 ? { Expired } : {}) };
}

/** What is known without asking: nothing waits or runs, or the queue is paused, and nobody knows how many jobs wait. */
export const KNOWN_DEPTH = { idle: { Depth: 0, OldestReady: 0, Paused: 0 }, paused: { OldestReady: 0, Paused: 1 } };

/** Computes how many jobs are ready, how long the oldest has been, how many failed jobs are kept, and whether the queue is paused. */
export function depthOf({ now, ready, suspects, oldestReadyAt = now, failed, paused }: QueueStats) {
  return {
    Depth: ready.high + ready.normal + ready.low + suspects,
    OldestReady: Math.max(0, now - oldestReadyAt) / 1_000,
    DeadLetters: failed,
    Paused: paused ? 1 : 0,
  };
}
