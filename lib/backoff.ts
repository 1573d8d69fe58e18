/** The wait before a retry: `min(maxMs, baseMs · factor^(n−1)) · U(0.5, 1)` after the n-th failure. */
export interface Backoff {
  baseMs: number;
  factor: number;
  maxMs: number;
}

/** 1–2 s, 4–8 s, 16–32 s, … at most 15 minutes. */
export const DEFAULT_BACKOFF: Backoff = { baseMs: 2_000, factor: 4, maxMs: 15 * 60_000 };

/**
 * Computes the wait, in whole milliseconds, before the retry that follows the `failures`-th failure (counted from 1).
 *
 * "Equal jitter": half of the wait is fixed, half is drawn, so that jobs that failed together do not return together
 * (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). `random` draws from [0, 1).
 */
export function backoffMs(policy: Backoff, failures: number, random: () => number = Math.random): number {
  const full = Math.min(policy.maxMs, policy.baseMs * policy.factor ** (failures - 1));
  return Math.round(full * (0.5 + random() / 2));
}
