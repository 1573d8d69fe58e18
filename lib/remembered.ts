/**
 * Asks at most once in `keepMs`: whoever comes meanwhile gets the same answer, or the same error. Those that come while it
 * asks wait for that one answer.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function remembered<Of extends object, T>(
  ask: (of: Of) => Promise<T>,
  keepMs: number,
  now: () => number = () => performance.now(),
): (of: Of) => Promise<T> {
  const kept = new WeakMap<Of, { answer: Promise<T>; until: number }>();
  return (of) => {
    const known = kept.get(of);
    if (known && now() < known.until) return known.answer;
    const next = { answer: ask(of), until: Number.POSITIVE_INFINITY };
    kept.set(of, next);
    const begin = () => {
      next.until = now() + keepMs;
    };
    next.answer.then(begin, begin);
    return next.answer;
  };
}
