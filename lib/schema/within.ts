/** Time is counted in this many steps. A timer that a busy process delays counts as one, so the promise loses no more than one step. */
const STEPS = 20;

/** Gives what the promise gives, or after `ms` what `late` gives. */
export function within<Value>(ms: number, given: Promise<Value>, late: () => Value): Promise<Value> {
  return new Promise((resolve, reject) => {
    let left = STEPS;
    const timer = setInterval(() => {
      if (--left > 0) return;
      clearInterval(timer);
      resolve(late());
    }, ms / STEPS);
    void given.then(resolve, reject).finally(() => clearInterval(timer));
  });
}
