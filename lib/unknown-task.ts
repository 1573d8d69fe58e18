import type { Job } from "./queue/job.ts";
import type { ClaimedJob, Ending, Queue } from "./queue/queue.ts";
import type { WorkerParts } from "./worker.ts";

/** A job is given back for half as long as its task has been unknown, within these bounds, in ms. */
const SHORTEST_MS = 15_000;
const LONGEST_MS = 60_000;
/** It fails after this many tries at the earliest: time alone may pass while every worker is down. */
const FEWEST_TRIES = 10;
export const DEFAULT_UNKNOWN_TASK_MS = 15 * 60_000;

export interface UnknownTaskSettings {
  /** How long a job waits for a worker that knows its task. */
  unknownTaskMs: number;
  /** Workers wait for what is due within this: not for a job that this one gives back. */
  lingerMs: number;
}

type Unknown = { outcome: "deferred"; delayMs: number } | { outcome: "failed"; error: string; message: string };

/**
 * Decides what becomes of a job whose task this worker does not know: it is given back for a while, for another worker may
 * know it; or it fails, once it has waited for long and no worker did. `now` is Redis' clock.
 */
export function unknownTask(
  { task, unknownSince, unknownTries = 0 }: Pick<Job, "task" | "unknownSince" | "unknownTries">,
  now: number,
  { unknownTaskMs, lingerMs }: UnknownTaskSettings,
): Unknown {
  const ageMs = Math.max(0, now - (unknownSince ?? now));
  const tries = unknownTries + 1;
  if (ageMs >= unknownTaskMs && tries >= FEWEST_TRIES)
    return { outcome: "failed", error: "UnknownTask", message: whyFailed(task, ageMs, tries) };
  const wantedMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ageMs / 2));
  const wholeSeconds = 1_000 * Math.round(wantedMs / 1_000); // jobs that are given back together are settled together
  return { outcome: "deferred", delayMs: Math.max(wholeSeconds, lingerMs + 1_000) };
}

function whyFailed(task: string, ageMs: number, tries: number): string {
  const minutes = Math.floor(ageMs / 60_000);
  return `no worker knew the task "${task}" in ${minutes} minutes and ${tries} tries: deploy it, or give each application that shares the Redis a KEY_PREFIX of its own; then retry the job`;
}

/** What this process has met of jobs whose tasks it does not know: their names, and when the last one came, by queue. */
interface Met {
  names: Set<string>;
  /** `performance.now()` */
  lastAt: number;
}
const met = new WeakMap<Queue, Met>();
const MOST_NAMES = 100;
/** After this long without such a job they count as gone, in ms. */
const GONE_MS = 300_000;

/** The jobs of tasks that a worker does not know. It says once that there are such, and notes when a name is new to it. */
export class UnknownTasks {
  readonly #parts: WorkerParts;
  readonly #met: Met;
  #hasNews = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#met = met.get(parts.queue) ?? { names: new Set(), lastAt: Number.NEGATIVE_INFINITY };
    met.set(parts.queue, this.#met);
  }

  /** This process met such a job not long ago, in this drain or in an earlier one. */
  get areThere(): boolean {
    return performance.now() - this.#met.lastAt < GONE_MS;
  }

  /** How to settle the job, without a run. */
  endingOf({ job, token }: ClaimedJob, now: number): Ending {
    this.#note(job.task);
    const { queue, unknownTaskMs = DEFAULT_UNKNOWN_TASK_MS } = this.#parts;
    return { id: job.id, token, ...unknownTask(job, now, { unknownTaskMs, lingerMs: queue.lingerMs }) };
  }

  /** Whether a name has come that this process had not met. A newer version of it may know the task. */
  takeNews(): boolean {
    const hadNews = this.#hasNews;
    this.#hasNews = false;
    return hadNews;
  }

  #note(task: string): void {
    const { names } = this.#met;
    this.#met.lastAt = performance.now();
    if (names.has(task) || names.size >= MOST_NAMES) return;
    if (names.size === 0) {
      const hint =
        "a deploy is under way, the task was removed, or another application shares this Redis without a KEY_PREFIX";
      this.#parts.log("warn", "foreign_tasks", { task, tasks: [...this.#parts.tasks.keys()], message: hint });
    }
    names.add(task);
    this.#hasNews = true;
  }
}
