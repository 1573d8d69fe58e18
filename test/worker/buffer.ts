import { afterEach, vi } from "vitest";
import { job } from "../support/redis.ts";
import { gate, task } from "../support/worker.ts";

export const echo = task("echo", () => undefined);
export const jobs = (count: number) => Array.from({ length: count }, () => job({ task: "echo" }));

/** Lets a test stop the worker's clock. It runs again after each test. */
export function useStoppedClock() {
  afterEach(() => void vi.useRealTimers());
  return {
    /** Stops the clock, so that all runs so far ended just now, and the worker wants a buffer on any machine. */
    stopClock: () => void vi.useFakeTimers({ toFake: ["performance"] }),
    /** Moves the clock, and wakes the worker to look at it. */
    passTime(ms: number, wake: () => unknown): void {
      vi.advanceTimersByTime(ms);
      wake();
    },
    letClockRun: () => void vi.useRealTimers(),
  };
}

/** A task whose first `quick` runs end immediately, and later ones when `end` opens. */
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
