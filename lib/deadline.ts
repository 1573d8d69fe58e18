/** How long a worker may go on. */
export interface Life {
  /** How much longer this invocation may last. `Infinity` for a process without a deadline. */
  remainingMs(): number;
  /** Aborts when the process was asked to end. */
  shutdown?: AbortSignal;
  /** How long jobs may go on after `shutdown` before they are released. Default 0. */
  graceMs?: number;
  /**
   * Calls back when a wake-up reaches this worker while it works; false: too late, it claims no more. For a process that
   * outlives its drains.
   */
  onWake?(listener: () => boolean): void;
}

/** What is left of a worker's life, and what may still be begun in it. All times in ms. */
export class Deadline {
  readonly shutdown: AbortSignal | undefined;
  readonly #life: Life;
  readonly #lifeMs: number;
  /** Kept for settling and releasing before the end. */
  readonly #reserveMs: number;
  #longestRunMs = 0;
  #shutdownAt = 0;

  constructor(life: Life) {
    this.#life = life;
    this.shutdown = life.shutdown;
    this.#lifeMs = life.remainingMs();
    this.#reserveMs = Math.min(5_000, Math.max(300, this.#lifeMs / 10));
  }

  noteRun(ms: number): void {
    this.#longestRunMs = Math.max(this.#longestRunMs, ms);
  }

  /** A job begun now would probably have to be released. */
  get stopsClaiming(): boolean {
    return this.shuttingDown || this.#life.remainingMs() < this.#reserveMs + this.#expectedRunMs;
  }

  get mustRelease(): boolean {
    return this.#outOfTime || this.#graceLeftMs <= 0;
  }

  /** Too late even for one more try to reach Redis. */
  get isPast(): boolean {
    return this.#life.remainingMs() < this.#reserveMs / 3 || this.#graceLeftMs < -this.#reserveMs;
  }

  get shuttingDown(): boolean {
    return this.shutdown?.aborted ?? false;
  }

  /** Until one of the answers above changes. `running`: there is something to release. */
  msToChange(running: boolean): number {
    const toRelease = Math.min(this.#life.remainingMs() - this.#reserveMs, this.#graceLeftMs);
    return running ? toRelease : toRelease - this.#expectedRunMs;
  }

  /** Would a job that ran this long be released again and again, in every life of a worker? */
  isTooLong(ranMs: number): boolean {
    return this.#outOfTime && ranMs > this.#lifeMs / 2;
  }

  get #outOfTime(): boolean {
    return this.#life.remainingMs() < this.#reserveMs;
  }

  get #graceLeftMs(): number {
    if (!this.shuttingDown) return Number.POSITIVE_INFINITY;
    this.#shutdownAt ||= performance.now();
    return (this.#life.graceMs ?? 0) - (performance.now() - this.#shutdownAt);
  }

  get #expectedRunMs(): number {
    return Math.min(this.#longestRunMs || this.#reserveMs, this.#lifeMs / 2);
  }
}
