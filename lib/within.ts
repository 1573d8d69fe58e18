/** In this many steps time is counted: a timer that rings late, because something else computed, takes one of them away. */
const STEPS = 20;

/** What the promise gives, or after `ms` what `late` gives. */
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
