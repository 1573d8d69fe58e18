/** The pace of requests is a tenth of the average run, within these bounds. */
const SLOWEST_PACE_MS = 50;
const FASTEST_PACE_MS = 5;
/** Jobs that take longer gain nothing from a buffer: their slots are idle for less than a hundredth of the time. */
const LONG_RUN_MS = 500;
/** How much a new measurement counts in a moving average. */
const WEIGHT = 0.1;

/**
 * How fast jobs flow through a worker, and so how many claimed jobs it should hold in its buffer: as many as can finish
 * before the next answer brings more. All times in ms of one clock.
 */
export class Flow {
  #roundTripMs: number | undefined;
  #runMs: number | undefined;
  /** How many attempts ended when, in the order of time. */
  #ends: { at: number; count: number }[] = [];

  /** Notes how long a request took. */
  noteRoundTrip(ms: number): void {
    this.#roundTripMs = average(this.#roundTripMs, ms);
  }

  /** Notes that a run ended. */
  noteEnd(now: number, ranMs: number): void {
    this.#runMs = average(this.#runMs, ranMs);
    const last = this.#ends.at(-1);
    if (last && now - last.at < 1) last.count++;
    else this.#ends.push({ at: now, count: 1 });
  }

  /** How long requests wait for each other while the buffer keeps the slots full. */
  get paceMs(): number {
    return Math.min(SLOWEST_PACE_MS, Math.max(FASTEST_PACE_MS, (this.#runMs ?? 0) / 10));
  }

  /**
   * Says how many jobs the buffer should hold, at most `concurrency`: as many as ended within twice the time until the next
   * answer, and no more than that time allows on average. The second bound is for a burst of long runs that end together.
   */
  bufferFor(concurrency: number, now: number): number {
    const windowMs = 2 * ((this.#roundTripMs ?? 0) + this.paceMs);
    const ended = this.#endedSince(now - windowMs);
    const runMs = this.#runMs ?? Number.POSITIVE_INFINITY;
    if (runMs > LONG_RUN_MS) return 0;
    return Math.min(concurrency, ended, Math.round((concurrency * windowMs) / runMs));
  }

  /** How many instants are remembered. A test holds that this does not grow. */
  get rememberedEnds(): number {
    return this.#ends.length;
  }

  /** Counts the attempts that ended since then, and forgets those before. */
  #endedSince(from: number): number {
    const first = this.#ends.findIndex(({ at }) => at >= from);
    this.#ends.splice(0, first < 0 ? this.#ends.length : first);
    return this.#ends.reduce((sum, { count }) => sum + count, 0);
  }
}

function average(before: number | undefined, value: number): number {
  return before === undefined ? value : before + WEIGHT * (value - before);
}
