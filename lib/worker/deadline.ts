import type { Stopping } from "./next-step.ts";

/** How long a worker may go on. */
export interface Life {
  /** How much longer this invocation may last, in ms. `Infinity` for a process without a deadline. */
  remainingMs(): number;
  /** Aborts when the process was asked to end. */
  shutdown?: AbortSignal;
  /** Aborts when a task's error that nobody caught must end the process: all other jobs are given back immediately. */
  crash?: AbortSignal;
  /** How long jobs may go on after `shutdown` before they are released, in ms. Default 0. */
  graceMs?: number;
  /**
   * Takes the listener to call when a wake-up reaches this worker while it works. It answers false when it is too late,
   * because the worker claims no more. For a process that outlives its drains.
   */
  onWake?(listener: () => boolean): void;
}

/** What is left of a worker's life at one moment. */
export interface LifeLeft {
  /** Why a job begun now would probably have to be released; undefined while jobs may begin. */
  stopping: Stopping | undefined;
  /** Whether running jobs must be given back. */
  mustRelease: boolean;
  /** Whether it is too late even for one more request. */
  isPast: boolean;
  /** Ms until the next of these answers changes, `Infinity` when none will. */
  msToChange: number;
}

const LONGEST_RESERVE_MS = 5_000;
const SHORTEST_RESERVE_MS = 300;
/** How long a process that must end for an error tries to reach Redis, in ms. */
const CRASH_MS = 2_000;

/** Keeps a worker within its life: when it begins no more jobs, and when it gives back those that run. Times in ms. */
export class Deadline {
  readonly #life: Life;
  readonly #clock: () => number;
  readonly #lifeMs: number;
  /** The time kept for settling and releasing before the end. */
  readonly #reserveMs: number;
  #longestRunMs = 0;
  #shutdownAt: number | undefined;
  #crashAt: number | undefined;

  /** `clock` gives ms that only grow. */
  constructor(life: Life, clock: () => number = () => performance.now()) {
    this.#life = life;
    this.#clock = clock;
    this.#lifeMs = life.remainingMs();
    this.#reserveMs = Math.min(LONGEST_RESERVE_MS, Math.max(SHORTEST_RESERVE_MS, this.#lifeMs / 10));
  }

  /** Notes how long a run took: the next may take as long. */
  noteRun(ms: number): void {
    this.#longestRunMs = Math.max(this.#longestRunMs, ms);
  }

  /** Looks at the clock once, so that all answers belong to the same moment. */
  look(): LifeLeft {
    const remainingMs = this.#life.remainingMs();
    const graceLeftMs = this.#graceLeftMs();
    const expectedRunMs = Math.min(this.#longestRunMs || this.#reserveMs, this.#lifeMs / 2);
    const msToStopping = remainingMs - this.#reserveMs - expectedRunMs;
    const isCrashing = this.#life.crash?.aborted ?? false;
    if (isCrashing) this.#crashAt ??= this.#clock();
    const msToCrashEnd = isCrashing ? CRASH_MS - (this.#clock() - this.#crashAt!) : Number.POSITIVE_INFINITY;
    const msToRelease = Math.min(remainingMs - this.#reserveMs, graceLeftMs);
    const msToPast = Math.min(remainingMs - this.#reserveMs / 3, graceLeftMs + this.#reserveMs, msToCrashEnd);
    return {
      stopping: isCrashing
        ? "crash"
        : this.#life.shutdown?.aborted
          ? "shutdown"
          : msToStopping < 0
            ? "deadline"
            : undefined,
      mustRelease: isCrashing || remainingMs < this.#reserveMs || graceLeftMs <= 0,
      isPast: msToPast < 0,
      msToChange: Math.min(...[msToStopping, msToRelease, msToPast].filter((ms) => ms > 0)),
    };
  }

  /** Tells whether no worker lives long enough for a job that ran this long. */
  isTooLong(ranMs: number): boolean {
    return this.#life.remainingMs() < this.#reserveMs && ranMs > this.#lifeMs / 2;
  }

  /** `Infinity` while nobody has asked the worker to end. */
  #graceLeftMs(): number {
    if (!this.#life.shutdown?.aborted) return Number.POSITIVE_INFINITY;
    this.#shutdownAt ??= this.#clock();
    return (this.#life.graceMs ?? 0) - (this.#clock() - this.#shutdownAt);
  }
}
