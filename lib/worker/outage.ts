/** How long a worker that has nothing in hand tries to reach Redis, in ms. */
const GIVE_UP_MS = 60_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** Requests that failed in a row: when to try again, and when to give up. Instants are ms of one clock. */
export class Outage {
  readonly #random: () => number;
  #failures = 0;
  #since = 0;
  #retryAt = 0;

  /** `random` draws from [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Undefined while requests succeed. */
  get state(): { retryAt: number; giveUpAt: number } | undefined {
    return this.#failures === 0 ? undefined : { retryAt: this.#retryAt, giveUpAt: this.#since + GIVE_UP_MS };
  }

  /** Notes a failed request. Returns how many have failed in a row. */
  noteFailure(now: number): number {
    if (this.#failures === 0) this.#since = now;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#retryAt = now + waitMs * (0.5 + this.#random() / 2);
    return ++this.#failures;
  }

  /** Notes that a request succeeded. */
  end(): void {
    this.#failures = 0;
  }
}
