import type { Job, JobState, Priority, Status } from "./job.ts";
import type { PayloadField, PayloadOf, TaskName, TaskTypes } from "./task-types.ts";

/** The settings of a client. */
export interface ClientOptions {
  /** The address of the API, with its stage if it has one: `https://abc.execute-api.eu-central-1.amazonaws.com`. */
  url: string;
  /** An API key, made by `npm run key`. A local stack needs none. */
  key?: string | undefined;
  /** A replacement for the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** The time limit for a call with all its resends. The time that a call asks the server to wait is added. Default 30,000. */
  timeoutMs?: number | undefined;
  /** How many times a call is resent if that may help. Default 4. */
  retries?: number | undefined;
}

/** The options of every call. */
export interface CallOptions {
  /** Aborts the call and every wait in it immediately: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** When a job may first run: immediately, after a delay, or at an instant; at most a year from now. */
type StartTime =
  | { delaySeconds?: number | undefined; runAt?: undefined }
  | { delaySeconds?: undefined; runAt?: Date | string | undefined };

/** How a job is to run. */
export type JobOptions = StartTime & {
  /** Default `normal`. High runs before normal, normal before low; in one claim of twenty, low comes first. */
  priority?: Priority | undefined;
  /**
   * How long it may wait for its first attempt, from the submit: more than its delay, at most a year. Then it fails with `Expired`
   * and never runs. Default: the task's own limit, which counts from when the job may run, else any time.
   */
  expiresSeconds?: number | undefined;
  /** The number of attempts after the first, 0 to 100. Default: the task's own number, else 3. */
  maxRetries?: number | undefined;
  /** While another job of the same task holds this key, this one is not accepted. Default: what the task says. */
  unique?: UniqueOptions | undefined;
};

/** How a job is unique. */
export interface UniqueOptions {
  /** 1 to 512 characters. Counts within the task. */
  key: string;
  /**
   * Until when the job holds the key: its first attempt begins; it has completed, failed or been cancelled (the default); or
   * for this many seconds from the submit, at most a year.
   */
  until?: "started" | "finished" | number | undefined;
}

/** The options of a call that submits. */
export interface KeyOptions extends CallOptions {
  /** The idempotency key: the same content submitted again with the same key returns the same job. Default: a new one a call. */
  idempotencyKey?: string | undefined;
  /** The trace that the job's runs belong to, as W3C Trace Context writes it: `00-<trace>-<span>-01`. */
  traceparent?: string | undefined;
}

/** The options of `submit`. */
export type SubmitOptions = JobOptions & KeyOptions;

/** One of the jobs that `submitMany` submits. */
export type JobRequest<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks> ? { task: Name } & PayloadField<PayloadOf<Tasks, Name>> & JobOptions : never;

/** The options of `status`. */
export interface StatusOptions extends CallOptions {
  /** How long the server waits for the job to finish before it answers. Whole seconds, 0 to 25. Default 0. */
  waitSeconds?: number | undefined;
}

/** The options of `waitFor`. */
export interface WaitOptions<Seen = Job> extends CallOptions {
  /** Called with the job when it is first seen, whenever it has changed (checked every 2 s), and when it ends. */
  onProgress?: ((job: Seen) => void) | undefined;
  /** The longest time to wait. Default: no limit. */
  timeoutMs?: number | undefined;
}

/** What to pause, and until when. */
export interface PauseOptions<Name extends string = string> extends CallOptions {
  /** Only this task. Default, without `schedule`: the whole queue. */
  task?: Name | undefined;
  /** Only this schedule: its slots make no jobs. Give this or `task`. */
  schedule?: string | undefined;
  /** When it goes on by itself; at most a year from now. Default: when it is resumed. */
  until?: Date | string | undefined;
}

/** What to resume. */
export type ResumeOptions<Name extends string = string> = Omit<PauseOptions<Name>, "until">;

/** The options of `list`. */
export interface ListOptions<Name extends string = string> extends CallOptions {
  /**
   * A status; or, closer: `waiting` for a worker, `paused` with its task, `scheduled` for its time, `retrying` after a failed attempt,
   * `running`.
   */
  status?: Status | JobState | undefined;
  task?: Name | undefined;
  priority?: Priority | undefined;
  /** The beginning of the job's id. */
  id?: string | undefined;
  /** The number of jobs a page, 1 to 100. Default 50. */
  limit?: number | undefined;
  /** The `nextCursor` of an earlier page: the list continues after it. */
  cursor?: string | undefined;
}

/** Which finished jobs `retryMany` and `deleteMany` change. */
export interface JobSelection {
  /** `completed` only to delete. */
  status: "failed" | "cancelled" | "completed";
  task?: string | undefined;
  /** Only jobs that failed in this way: the `fingerprint` of one of the groups of `failures`. */
  fingerprint?: string | undefined;
  /** Only jobs that finished from then on. */
  since?: Date | string | undefined;
  /** Up to 100 jobs, in place of all; with it no other filter is looked at. */
  ids?: readonly string[] | undefined;
  /** Called after each step of up to 100 jobs. */
  onProgress?: ((changed: Changed) => void) | undefined;
}

/** How many jobs have been changed, and how many were skipped: they had changed meanwhile, or another job holds their unique key. */
export interface Changed {
  done: number;
  skipped: number;
}

/** The options of `pulse`. */
export interface PulseOptions extends CallOptions {
  /**
   * What the tag is made of: `keys` (1 command of Redis), `totals` too (2), or `all` (3, the default). Only `all` sees that a job
   * begins; the others are for a caller that knows that none waits, runs or is due.
   */
  look?: "keys" | "totals" | "all" | undefined;
}

/** The options of `failures`. */
export interface FailureOptions extends CallOptions {
  task?: string | undefined;
  /** Only failures from then on. */
  since?: Date | string | undefined;
  /** The most groups, 1 to 100. Default 50. */
  limit?: number | undefined;
}
