/** A time limit and a caller's signal as one signal. */
export interface Limit {
  signal: AbortSignal;
  /** Infinity where there is no limit. */
  leftMs(): number;
  /** Forget the timer and the caller's signal. */
  clear(): void;
}

/** Aborts with the reason of `outer`, or after `ms` with the one that `late` gives then. */
export function limit(ms: number, late: () => Error, outer?: AbortSignal): Limit {
  const controller = new AbortController();
  const endsAt = performance.now() + ms;
  const follow = () => controller.abort(outer?.reason);
  // A timer of more than 2^31 ms fires at once.
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

/** What `work` gives, or the signal's reason as soon as it aborts, whatever `work` makes of that. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    work.then(resolve, reject);
  });
}

/** @throws the signal's reason as soon as it aborts */
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
