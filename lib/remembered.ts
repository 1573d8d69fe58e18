/**
 * Asks at most once in `keepMs`: each call within that time gets the same answer, or the same error. Calls that come before
 * the answer wait for it.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function remembered<Subject extends object, Value>(
  ask: (subject: Subject) => Promise<Value>,
  keepMs: number,
  now: () => number = () => performance.now(),
): (subject: Subject) => Promise<Value> {
  const kept = new WeakMap<Subject, { answer: Promise<Value>; until: number }>();
  return (subject) => {
    const known = kept.get(subject);
    if (known && now() < known.until) return known.answer;
    const next = { answer: ask(subject), until: Number.POSITIVE_INFINITY };
    kept.set(subject, next);
    const begin = () => {
      next.until = now() + keepMs;
    };
    next.answer.then(begin, begin);
    return next.answer;
  };
}
