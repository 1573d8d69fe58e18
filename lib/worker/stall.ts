/** How often the event loop is looked at, in ms. Shorter stalls are not seen. */
const BEAT_MS = 50;

/**
 * Measures how long code that computes has blocked the event loop: a timer that rings late shows it. While the loop is
 * blocked no timer rings and no answer is read, so that time must not count against those that only wait.
 */
export class StallMeter {
  readonly #clock: () => number;
  readonly #onStall: (ms: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #blockedMs = 0;

  /** `onStall` hears of each stall when it is over, in ms. `clock` gives ms that only grow. */
  constructor(onStall: (ms: number) => void, clock: () => number = () => performance.now()) {
    this.#onStall = onStall;
    this.#clock = clock;
  }

  start(): void {
    this.#dueAt = this.#clock() + BEAT_MS;
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  /** How long the event loop has been blocked since the start, in ms, including a stall that still lasts. */
  get blockedMs(): number {
    return this.#blockedMs + Math.max(0, this.#clock() - this.#dueAt);
  }

  /** Whether a stall lasts, or has just ended: a timer is due that has not rung. */
  get isLate(): boolean {
    return this.#clock() - this.#dueAt >= BEAT_MS;
  }

  #beat(): void {
    const lateMs = Math.max(0, this.#clock() - this.#dueAt);
    this.#blockedMs += lateMs;
    this.#dueAt = this.#clock() + BEAT_MS;
    if (lateMs >= BEAT_MS) this.#onStall(lateMs);
  }
}
