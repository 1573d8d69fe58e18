/** A clock that runs faster than this machine's, until it has caught up with it. */
export class FastClock {
  readonly #speed: number;
  readonly #startedAt = performance.now();
  readonly #from: number;

  /** Begins `aheadMs` ago, and passes each second `speed` times as fast. */
  constructor(agoMs: number, speed: number) {
    this.#from = Date.now() - agoMs;
    this.#speed = speed;
  }

  readonly now = (): number =>
    Math.min(Date.now(), Math.round(this.#from + (performance.now() - this.#startedAt) * this.#speed));

  get hasCaughtUp(): boolean {
    return this.now() >= Date.now();
  }
}
