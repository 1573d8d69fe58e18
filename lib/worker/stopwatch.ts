/** How long a run has been going, and how much of that another task took from it. All in ms. */
export class Stopwatch {
  readonly #blockedMs: () => number;
  #startedAt: number | undefined;
  /** For how long the event loop had been blocked when it started, and by the run itself since then. */
  #blockedBeforeMs = 0;
  #computedMs = 0;

  /** `blockedMs` tells for how long the event loop has been blocked so far. */
  constructor(blockedMs: () => number) {
    this.#blockedMs = blockedMs;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#blockedBeforeMs = this.#blockedMs();
  }

  get hasStarted(): boolean {
    return this.#startedAt !== undefined;
  }

  /** 0 before it starts. */
  get ranMs(): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
  }

  /** What counts against a time limit: without the time in which it could not go on because another task computed. */
  get ownMs(): number {
    return this.ranMs - Math.max(0, this.#blockedMs() - this.#blockedBeforeMs - this.#computedMs);
  }

  /** Calls `begin`, the part of a run until it waits for something: nothing else can block the event loop meanwhile. */
  begin<Value>(begin: () => Value, noteComputed: (ms: number) => void): Value {
    const before = this.#blockedMs();
    try {
      return begin();
    } finally {
      this.#computedMs = this.#blockedMs() - before;
      if (this.#computedMs > 0) noteComputed(this.#computedMs);
    }
  }
}
