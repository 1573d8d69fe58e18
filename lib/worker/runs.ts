import { AsyncLocalStorage } from "node:async_hooks";
import type { HeldAttempt } from "./attempt.ts";

const running = new AsyncLocalStorage<HeldAttempt>();

/** Runs code as part of an attempt: whatever it starts, however late, is known to belong to it. */
export function runWithin<Result>(attempt: HeldAttempt, run: () => Result): Result {
  return running.run(attempt, run);
}

/** The attempt whose code runs just now. Undefined outside of tasks. */
export function currentAttempt(): HeldAttempt | undefined {
  return running.getStore();
}
