import { describe } from "../errors.ts";
import { shown, wholeOf } from "../observability/failure.ts";
import type { Log } from "../observability/log.ts";
import { currentAttempt } from "./runs.ts";

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;
type ProcessEvent = (typeof EVENTS)[number];
type ProcessListener = (...args: unknown[]) => void;
type Listeners = Record<ProcessEvent, ProcessListener[]>;

/** How long the drains of a process that must end may take to settle and to give back, in ms. */
const LONGEST_END_MS = 5_000;

interface GuardedDrain {
  crash: AbortController;
  log: Log;
}

const guarded = new Set<GuardedDrain>();
let restore: (() => void) | undefined;
let crashed = false;

/**
 * Guards a drain against errors that nobody catches. Node ends the process for such an error, and with it every job that
 * runs there. While a drain is guarded, an error that comes from a task's code fails that task's attempt, `crash` aborts
 * so that the drain gives its other jobs back, and the process ends when all its drains have returned. An error that
 * comes from no known task goes the usual way. `process.exit` called by a task throws there instead.
 *
 * @returns a function that ends the guard: call it when the drain has returned
 */
export function guardDrain(crash: AbortController, log: Log): () => void {
  const one = { crash, log };
  guarded.add(one);
  restore ??= takeOver();
  return () => {
    guarded.delete(one);
    if (guarded.size > 0) return;
    restore?.();
    restore = undefined;
    if (crashed) process.exit(1);
  };
}

/** Puts our listeners in place of the others, which may end the process immediately. Returns a function that undoes it. */
function takeOver(): () => void {
  const others: Listeners = { uncaughtException: [], unhandledRejection: [] };
  const undo = EVENTS.map((event) => {
    // Raw: those of `once` stay what they are.
    others[event] = process.rawListeners(event as "uncaughtException") as unknown as ProcessListener[];
    const ours: ProcessListener = (thrown, ...more) => note(thrown, () => passOn(others, event, thrown, more));
    for (const other of others[event]) process.off(event, other);
    process.on(event, ours);
    return () => {
      process.off(event, ours);
      for (const other of others[event]) process.on(event, other);
    };
  });
  const { exit } = process;
  process.exit = (code) => {
    if (!crashed && currentAttempt())
      throw new ProcessExit(`the task called process.exit(${code ?? ""}), which would end its neighbours too`);
    return exit(code);
  };
  return () => {
    process.exit = exit;
    for (const each of undo) each();
  };
}

/** A task tried to end its process. */
class ProcessExit extends Error {
  override name = "ProcessExit";
}

function note(thrown: unknown, goOn: () => void): void {
  const culprit = currentAttempt();
  const whose = culprit ? { job_id: culprit.claimed.job.id, task: culprit.claimed.job.task } : {};
  const [first] = guarded;
  first?.log("error", "crash", {
    ...whose,
    error: describe(thrown).name,
    ...(culprit?.isSensitive ? {} : { message: describe(thrown).message, stack: shown(wholeOf(thrown)) }),
  });
  if (culprit) {
    culprit.fail(thrown);
    endProcess(thrown);
  } else {
    goOn();
  }
}

/** Tells the drains to settle and give back, and ends the process when they have, or when that takes too long. */
function endProcess(thrown: unknown): void {
  if (crashed) return;
  crashed = true;
  setTimeout(() => process.exit(1), LONGEST_END_MS).unref();
  for (const { crash } of guarded) crash.abort(thrown);
}

/**
 * Does what would have happened without us: calls the other listeners, or ends the process. Node makes a rejection that has no
 * listeners an exception.
 */
function passOn(others: Listeners, event: ProcessEvent, thrown: unknown, more: readonly unknown[]): void {
  if (event === "unhandledRejection" && others[event].length === 0) {
    const error = thrown instanceof Error ? thrown : new Error(describe(thrown).message);
    passOn(others, "uncaughtException", error, [event]);
    return;
  }
  const listeners = others[event];
  if (listeners.length === 0) process.exit(1);
  others[event] = listeners.filter((each) => !isOnce(each));
  for (const listener of listeners) listener(thrown, ...more);
}

/** Tells whether a raw listener was added by `once`: Node wraps it, and the wrapper has the listener itself. */
function isOnce(listener: ProcessListener): boolean {
  return "listener" in listener;
}
