import { afterEach, vi } from "vitest";
import { job } from "../support/redis.ts";
import { gate, task } from "../support/worker.ts";

export const echo = task("echo", () => undefined);
export const jobs = (count: number) => Array.from({ length: count }, () => job({ task: "echo" }));

/** A clock of the worker's that stands still until a test moves it. It runs again after each test. */
export function useStoppedClock() {
  afterEach(() => void vi.useRealTimers());
  return {
    /** However slow the machine is, all runs so far ended just now, and so the worker wants a buffer. */
    stopClock: () => void vi.useFakeTimers({ toFake: ["performance"] }),
    /** Moves the clock, and has the worker look at it. */
    passTime(ms: number, wake: () => unknown): void {
      vi.advanceTimersByTime(ms);
      wake();
    },
    letClockRun: () => void vi.useRealTimers(),
  };
}

/** A task whose first `quick` runs end at once; those after it when `end` opens. */
export function moody(quick: number) {
  const end = gate();
  const seen = { begun: 0, running: 0, most: 0 };
  const run = task("echo", async () => {
    seen.most = Math.max(seen.most, ++seen.running);
    if (++seen.begun > quick) await end.opened;
    seen.running--;
  });
  return { run, end, seen };
}
