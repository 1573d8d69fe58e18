import type * as z from "zod/v4/core";
import type { Backoff } from "./backoff.ts";

/** What a run gets. */
export interface TaskContext<Input> {
  input: Input;
  job: {
    /** Stays the same over all attempts: hand it on as an idempotency key. */
    id: string;
    /** 1 for the first. */
    attempt: number;
    maxRetries: number;
    /**
     * W3C Trace Context: this attempt in the trace of the request that submitted the job. Hand it on as a header of the
     * same name. Absent where the job has no trace.
     */
    traceparent?: string;
  };
  /**
   * Aborts when the time limit is reached, the job is cancelled, or the worker must stop. `signal.reason` says which.
   * Made when it is asked for, as `progress` is, so take both by name: a spread (`{ ...context }`) has neither.
   */
  readonly signal: AbortSignal;
  /** Tell how far the job is, 0 to 100, with a note of up to 500 characters. Cheap: sent along at most once a second. */
  progress(percent: number, note?: string): void;
}

/** The code of a kind of job. `lib` knows none by name. */
export interface Task<Name extends string = string, Schema extends z.$ZodType = z.$ZodType, Result = unknown> {
  /** Lower-case words joined by underscores. Jobs in the queue refer to it: renaming a task strands them. */
  readonly name: Name;
  /** One line for the documentation. */
  readonly description?: string;
  /** Of the payload. Checked when the job is submitted and again when it runs. An absent payload counts as `{}`. */
  readonly input: Schema;
  /** Retries after the first attempt, 0 to 100. Default 3. */
  readonly maxRetries?: number;
  /** Default 2 s · 4^(n−1), at most 15 minutes, with jitter. */
  readonly backoff?: Partial<Backoff>;
  /** Of one attempt. Default 30,000. Keep it below the life of a worker (120 s on Lambda as configured). */
  readonly timeoutMs?: number;
  /**
   * Do the work. What it returns is the job's result: anything that JSON can hold, up to 256 KiB, or nothing.
   * May run more than once for one job (at least once), so it should do no harm the second time.
   *
   * @throws anything, to fail the attempt; `NeverAgain` to fail the job; `RetryAfter` to say when to try again
   */
  run(context: TaskContext<z.output<Schema>>): Promise<Result> | Result;
}

export type Tasks = ReadonlyMap<string, Task>;

export const DEFAULT_MAX_RETRIES = 3;
export const DEFAULT_TIMEOUT_MS = 30_000;

/** Declare a task. Import what is heavy inside `run` (`await import("…")`): then it is loaded when a job needs it. */
export function defineTask<const Name extends string, Schema extends z.$ZodType, Result>(
  task: Task<Name, Schema, Result>,
): Task<Name, Schema, Result> {
  return task;
}

/** Index tasks by name. @throws Error when a name is malformed or given twice, or a number is out of range */
export function indexTasks(list: readonly Task[]): Tasks {
  const tasks = new Map<string, Task>();
  for (const task of list) {
    const { name, maxRetries = 0, timeoutMs = 1 } = task;
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name))
      throw new Error(`the task name ${JSON.stringify(name)} must match [a-z][a-z0-9_]*`);
    if (tasks.has(name)) throw new Error(`two tasks are named ${name}`);
    if (!Number.isInteger(maxRetries) || maxRetries < 0 || maxRetries > 100)
      throw new Error(`${name}: maxRetries must be 0 to 100`);
    if (!(timeoutMs > 0)) throw new Error(`${name}: timeoutMs must be positive`);
    tasks.set(name, task);
  }
  return tasks;
}

/** Throw it to fail the job for good: a retry would not help. */
export class NeverAgain extends Error {
  override name = "NeverAgain";
}

/** Throw it to have the job retried after `delayMs`, if it has retries left, instead of after its backoff. */
export class RetryAfter extends Error {
  override name = "RetryAfter";
  readonly delayMs: number;

  constructor(delayMs: number, message: string) {
    super(message);
    this.delayMs = Math.max(0, Math.round(delayMs));
  }
}
