import type { Backoff } from "./backoff.ts";
import type { Priority } from "./queue/job.ts";
import { type InferInput, type InferOutput, isStandardSchema, type StandardSchema } from "./schema/standard.ts";

export { NonRetriableError, RetryAfterError, SnoozeError } from "./task-errors.ts";

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
    /** The schedule that made the job, and its slot: when it was due. No slot where the schedule was run by hand. */
    schedule?: { name: string; slot?: Date };
  };
  /**
   * Aborts when the time limit is reached, the job is cancelled, or the worker must stop. `signal.reason` says which.
   * Made when it is asked for, as `progress`, `submit` and `log` are, so take them by name: a spread (`{ ...context }`) has none.
   */
  readonly signal: AbortSignal;
  /** Reports how far the job is, 0 to 100, with a note of up to 500 characters. Cheap: sent along at most once a second. */
  progress(percent: number, note?: string): void;
  /**
   * Submits a job. Returns its id, which follows from this job's id and a running number, or from `options.key`: a repeated
   * attempt submits nothing twice, as long as it submits in the same order, or gives keys. Nor does a redrive, while the first
   * jobs are kept. Where another job holds its unique key, it returns that one's id. Jobs that are submitted in one turn (`Promise.all`) are accepted together, but not all or none.
   *
   * @throws Error where the payload does not fit, the queue does not know the task, or an option is out of range; the
   * signal's reason once this attempt must stop
   */
  readonly submit: <Schema extends StandardSchema>(
    task: Task<string, Schema>,
    ...more: PayloadThenOptions<InferInput<Schema>>
  ) => Promise<string>;
  /**
   * Logs a line: it goes to the worker's log with the job's id, and the attempt's last 20 lines (8 KB) stay with the job,
   * for `GET /job-status`. What JSON cannot hold is described. Not for secrets, unless the task is `sensitive`.
   */
  log(message: string, fields?: Record<string, unknown>): void;
}

/** A payload that may be empty may be left out. */
type PayloadThenOptions<Input> =
  Record<never, never> extends Input
    ? [payload?: Input, options?: ChildOptions]
    : [payload: Input, options?: ChildOptions];

/** How a task submits a job: to run immediately, after `delaySeconds`, or at `runAt`; at most a year from now. */
export interface ChildOptions {
  /** Names the job among those of this job, in place of its number. */
  key?: string;
  /** Default `normal`. */
  priority?: Priority;
  delaySeconds?: number;
  runAt?: Date | string;
  /** How long it may wait for its first attempt, from now; then it fails with `Expired`. Default: what its task says, else any time. */
  expiresSeconds?: number;
  /** Retries after the first attempt, 0 to 100. Default: what its task says, else 3. */
  maxRetries?: number;
  /** While another job holds this key, `submit` returns that job's id. Default: what its task says. */
  unique?: UniqueOption;
}

/** How a job is unique: while a job holds this key, no other one of its task with the same key is accepted. */
export interface UniqueOption {
  /** 1 to 512 characters. Counts within the task. */
  key: string;
  /**
   * Until when the job holds it: until its first attempt begins, until it has completed, failed or been cancelled (the
   * default), or for this many seconds from the submit, at most a year.
   */
  until?: "started" | "finished" | number | undefined;
}

/** The code of a kind of job. `lib` knows none by name. */
export interface Task<Name extends string = string, Schema extends StandardSchema = StandardSchema, Result = unknown> {
  /** Lower-case words joined by underscores. Jobs in the queue refer to it: renaming a task strands them. */
  readonly name: Name;
  /** One line for the documentation. */
  readonly description?: string;
  /**
   * The schema of the payload: zod, zod/mini, valibot, arktype or any other Standard Schema, synchronous or not. Checked
   * when the job is submitted and again when it runs. An absent payload counts as `{}`.
   */
  readonly input: Schema;
  /** JSON Schema (2020-12) of the payload, for the documentation. Default: what the schema's library makes of it. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
  /** Retries after the first attempt, 0 to 100. Default 3. */
  readonly maxRetries?: number;
  /** The wait before a retry. Default 2 s · 4^(n−1), at most 15 minutes, with jitter. */
  readonly backoff?: Partial<Backoff>;
  /** The limit for one attempt. Default 30,000. Keep it below the life of a worker (120 s on Lambda as configured). */
  readonly timeoutMs?: number;
  /**
   * How long a job may wait for its first attempt, from when it may run, at most a year. Then it fails with `Expired` and never
   * runs. A submit may say otherwise. Default: any time.
   */
  readonly expiresSeconds?: number;
  /** How long its attempts may ask to run later (`SnoozeError`), in all, in ms. Default 24 h. */
  readonly maxSnoozeMs?: number;
  /**
   * Whether its payloads, results, log lines and error messages are secrets: the API shows them only to keys with the scope
   * `admin`, and the log never has them. Applies to jobs that are submitted from now on. Default false.
   */
  readonly sensitive?: boolean;
  /** Whether only other tasks and the application itself may submit it: the HTTP API does not offer it. Default false. */
  readonly internal?: boolean;
  /**
   * Makes a unique key of the input, for every submit that gives none: while a job of this task holds the key, no other one is
   * accepted. A text means until that job has finished; `undefined`: no key. Must not be asynchronous.
   */
  unique?(input: InferOutput<Schema>): string | UniqueOption | undefined;
  /**
   * Does the work. What it returns is the job's result: anything that JSON can hold, up to 256 KiB, or nothing. An error in it
   * becomes `{ name, message }`. What JSON would change in silence (NaN, a Map, undefined in a list) fails the job for good.
   * May run more than once for one job (at least once), so it should do no harm the second time.
   *
   * @throws anything, to fail the attempt; `NonRetriableError` to fail the job; `RetryAfterError` to say when to try again;
   * `SnoozeError` to run later without spending an attempt
   */
  run(context: TaskContext<InferOutput<Schema>>): Promise<Result> | Result;
}

/** Tasks by name. */
export type Tasks = ReadonlyMap<string, Task>;

/** The retries after the first attempt, where a task does not say. */
export const DEFAULT_MAX_RETRIES = 3;
/** The limit for one attempt, where a task does not say. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** The limit for all snoozes of a job together, where a task does not say. */
export const DEFAULT_MAX_SNOOZE_MS = 24 * 3_600_000;

/** Declares a task. Import what is heavy inside `run` (`await import("…")`): then it is loaded when a job needs it. */
export function defineTask<const Name extends string, Schema extends StandardSchema, Result>(
  task: Task<Name, Schema, Result>,
): Task<Name, Schema, Result> {
  return task;
}

/** Indexes tasks by name. @throws Error when a name is malformed or given twice, or a number is out of range */
export function indexTasks(list: readonly Task[]): Tasks {
  const tasks = new Map<string, Task>();
  for (const task of list) {
    const { name, maxRetries = 0, timeoutMs = 1, maxSnoozeMs = 0, expiresSeconds = 1, unique } = task;
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name))
      throw new Error(`the task name ${JSON.stringify(name)} must match [a-z][a-z0-9_]*`);
    if (!isStandardSchema(task.input))
      throw new Error(`${name}: input must be a schema of zod, valibot, arktype or another with Standard Schema`);
    if (tasks.has(name)) throw new Error(`two tasks are named ${name}: rename one`);
    if (!Number.isInteger(maxRetries) || maxRetries < 0 || maxRetries > 100)
      throw new Error(`${name}: maxRetries must be 0 to 100`);
    if (!(timeoutMs > 0)) throw new Error(`${name}: timeoutMs must be positive`);
    if (!(maxSnoozeMs >= 0)) throw new Error(`${name}: maxSnoozeMs must not be negative`);
    if (!(expiresSeconds > 0 && expiresSeconds <= 31_536_000))
      throw new Error(`${name}: expiresSeconds must be positive, and at most a year`);
    if (unique !== undefined && typeof unique !== "function")
      throw new Error(`${name}: unique must be a function of the input that returns a key`);
    tasks.set(name, task);
  }
  return tasks;
}

/** Selects the tasks that callers of the HTTP API may submit. */
export function forCallers(tasks: Tasks): Tasks {
  return new Map([...tasks].filter(([, { internal }]) => !internal));
}
