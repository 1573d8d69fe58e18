/** While jobs come in faster than one a wake-up, claim this often … */
const PACE_MS = 50;
/** … until none came for this long. */
const QUIET_MS = 250;
/** For how long a submit may trust that the worker claims again: well over the pace, so that a late claim is not a lost one. */
const PROMISE_MS = 2_000;

/**
 * Whether a worker that found the queue empty stays for more. A lone job is not worth it: the next one wakes a worker by
 * itself. When one claim brought several, more are coming: staying, and promising so in the wake flag, then costs a few
 * commands and saves an invocation for nearly every job.
 */
export class Pace {
  #busy = false;
  #lastJobAt = 0;
  #lastClaimAt = 0;

  get stays(): boolean {
    return this.#busy;
  }

  /** What the next claim promises; 0 once it has been quiet: that claim is the last one, and takes the promise back. */
  promiseMs(now: number): number {
    return this.#busy && now - this.#lastJobAt <= QUIET_MS ? PROMISE_MS : 0;
  }

  /** Ms until the next claim, negative when it is due. */
  msToClaim(now: number): number {
    return this.#busy ? this.#lastClaimAt + PACE_MS - now : Number.POSITIVE_INFINITY;
  }

  noteClaim(now: number, jobs: number, promised: boolean): void {
    this.#lastClaimAt = now;
    if (jobs > 0) this.#lastJobAt = now;
    this.#busy = jobs > 1 || promised || (this.#busy && jobs > 0);
  }
}
