/** How often a worker claims while several jobs come at a time, in ms. */
const PACE_MS = 50;
/** How long no job must have come until it stops doing so, in ms. */
const QUIET_MS = 250;
/** How long a submit may rely on the worker to claim again, in ms. Well above the pace: a late claim is not a lost one. */
const PROMISE_MS = 2_000;

/**
 * Decides whether a worker that found the queue empty stays for more. A single job is no reason: the next one wakes a worker by
 * itself. When one claim brought several, more are likely: staying, and promising so in the wake flag, costs a few
 * commands and saves an invocation for nearly every job. Instants are ms of one clock.
 */
export class Pace {
  #stays = false;
  #lastJobAt = 0;
  #lastClaimAt = 0;

  get stays(): boolean {
    return this.#stays;
  }

  /** When the next claim is due, `Infinity` when it does not stay. */
  get claimAt(): number {
    return this.#stays ? this.#lastClaimAt + PACE_MS : Number.POSITIVE_INFINITY;
  }

  /** Gives what the next claim promises, in ms. 0 once it has been quiet: that claim is the last one and takes the promise back. */
  promiseMs(now: number): number {
    return this.#stays && now - this.#lastJobAt <= QUIET_MS ? PROMISE_MS : 0;
  }

  /** Notes what a claim took. */
  noteClaim(now: number, jobs: number, promised: boolean): void {
    this.#lastClaimAt = now;
    if (jobs > 0) this.#lastJobAt = now;
    this.#stays = jobs > 1 || promised || (this.#stays && jobs > 0);
  }
}
