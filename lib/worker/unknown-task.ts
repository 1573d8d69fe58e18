import type { Job } from "../queue/job.ts";
import type { ClaimedJob, Ending, WorkerQueue } from "../queue/worker-queue.ts";
import type { DrainParts } from "./drain.ts";

/** A job is given back for half as long as its task has been unknown, within these bounds, in ms. */
const SHORTEST_MS = 15_000;
const LONGEST_MS = 60_000;
/** A job fails only after this many tries: time passes also while every worker is down. */
const FEWEST_TRIES = 10;
/** How long a job waits for a worker that knows its task, unless it is set otherwise. */
export const DEFAULT_UNKNOWN_TASK_MS = 15 * 60_000;

/** What the decision depends on. Durations in ms. */
export interface UnknownTaskSettings {
  /** How long a job waits for a worker that knows its task. */
  unknownTaskMs: number;
  /** Workers wait for what is due within this: not for a job that this one gives back. */
  lingerMs: number;
}

type UnknownTaskEnding =
  | { outcome: "deferred"; delayMs: number }
  | { outcome: "failed"; error: string; message: string };

/**
 * Decides what becomes of a job whose task this worker does not know: it is given back for a while, because another worker
 * may know it; or it fails, once it has waited for long and no worker did. `now` is Redis' clock.
 */
export function unknownTask(
  { task, unknownSince, unknownTries = 0 }: Pick<Job, "task" | "unknownSince" | "unknownTries">,
  now: number,
  { unknownTaskMs, lingerMs }: UnknownTaskSettings,
): UnknownTaskEnding {
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

/** The jobs whose tasks this process does not know: the names of the tasks, and when the last job came. */
interface UnknownTasksSeen {
  names: Set<string>;
  /** `performance.now()` */
  lastAt: number;
}
const seenIn = new WeakMap<WorkerQueue, UnknownTasksSeen>();
const MOST_NAMES = 100;
/** After this long without such a job they count as gone, in ms. */
const GONE_MS = 300_000;

/** What a worker does with jobs whose tasks it does not know. It logs once that there are some, and notes each new name. */
export class UnknownTasks {
  readonly #parts: DrainParts;
  readonly #seen: UnknownTasksSeen;
  #hasNews = false;

  constructor(parts: DrainParts) {
    this.#parts = parts;
    this.#seen = seenIn.get(parts.queue) ?? { names: new Set(), lastAt: Number.NEGATIVE_INFINITY };
    seenIn.set(parts.queue, this.#seen);
  }

  /** Whether this process had such a job not long ago, in this drain or in an earlier one. */
  get areThere(): boolean {
    return performance.now() - this.#seen.lastAt < GONE_MS;
  }

  /** Says how to settle the job, without a run. */
  endingOf({ job, token }: ClaimedJob, now: number): Ending {
    this.#note(job.task);
    const { queue, unknownTaskMs = DEFAULT_UNKNOWN_TASK_MS } = this.#parts;
    return { id: job.id, token, ...unknownTask(job, now, { unknownTaskMs, lingerMs: queue.lingerMs }) };
  }

  /** Tells whether a name has come that is new to this process. A newer version of it may know the task. */
  takeNews(): boolean {
    const hadNews = this.#hasNews;
    this.#hasNews = false;
    return hadNews;
  }

  #note(task: string): void {
    const { names } = this.#seen;
    this.#seen.lastAt = performance.now();
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
