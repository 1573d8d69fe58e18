/** A time limit and a caller's signal as one signal. */
export interface TimeLimit {
  signal: AbortSignal;
  /** Returns the time left, in ms; Infinity if there is no limit. */
  leftMs(): number;
  /** Stops the timer and no longer listens to the caller's signal. */
  clear(): void;
}

/** Makes a signal that aborts with the reason of `outer`, or after `ms` with the error that `late` returns. */
export function limit(ms: number, late: () => Error, outer?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const endsAt = performance.now() + ms;
  const follow = () => controller.abort(outer?.reason);
  // A timer of more than 2^31 ms would fire immediately.
  const timer = ms < 2 ** 31 ? setTimeout(() => controller.abort(late()), ms) : undefined;
  if (outer?.aborted) follow();
  outer?.addEventListener("abort", follow);
  return {
    signal: controller.signal,
    leftMs: () => endsAt - performance.now(),
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", follow);
    },
  };
}

/** Resolves to what `work` resolves to. Rejects with the signal's reason as soon as it aborts, even if `work` ignores that. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    work.then(resolve, reject);
  });
}

/** Waits for `ms`. @throws the signal's reason as soon as it aborts */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await unlessAborted(
      signal,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      }),
    );
  } finally {
    clearTimeout(timer);
  }
}
