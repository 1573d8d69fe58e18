/** The longest wait, in ms: the caller looks again after it. */
const LONGEST_MS = 60_000;

/** A wait for a caller that does one thing at a time. It ends at the latest when one of `ends` aborts. */
export class Pause {
  readonly #ends: readonly AbortSignal[];
  #stir = () => {};

  constructor(...ends: (AbortSignal | undefined)[]) {
    this.#ends = ends.filter((each) => each !== undefined);
  }

  /** Waits `ms`, at most a minute. `untilStirred`: `stir` ends it. */
  wait(ms: number, untilStirred = false): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        for (const end of this.#ends) end.removeEventListener("abort", done);
        this.#stir = () => {};
        resolve();
      };
      // Timers drop fractions: a wait cut short would find that nothing is due yet.
      const timer = setTimeout(done, Math.min(Math.max(0, Math.ceil(ms)), LONGEST_MS));
      for (const end of this.#ends) end.addEventListener("abort", done);
      if (untilStirred) this.#stir = done;
    });
  }

  /** Ends a wait that may be stirred. */
  stir(): void {
    this.#stir();
  }
}

/** Resolves when everything has run that does not wait for the event loop. */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Resolves when the event loop has gone round once: what was written has been sent, what had arrived has been read. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
