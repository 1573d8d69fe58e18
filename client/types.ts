import type { JobError, LogLine } from "./detail.ts";

/** The part of a task's type that the client reads. `defineTask` returns one; any object of this shape will do. */
export interface TaskType {
  readonly name: string;
  readonly input: { readonly "~standard": { readonly types?: { readonly input: unknown } | undefined } };
  run(context: never): unknown;
}

/** The tasks of a deployment: `typeof taskList` of its `tasks/index.ts`. */
export type TaskTypes = readonly TaskType[];

/** The name of one of the tasks. */
export type TaskName<Tasks extends TaskTypes = TaskTypes> = Tasks[number]["name"];

/** The payload that a task accepts: the input of its schema, before defaults are filled in. */
export type PayloadOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: InputOf<Task["input"]["~standard"]>;
}[Name];

/** The result of a task: what its `run` returns, after its way through JSON. Undefined if it returns nothing. */
export type ResultOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: AsJson<Awaited<ReturnType<Task["run"]>>>;
}[Name];

type InputOf<Standard> = Standard extends { readonly types?: { readonly input: infer Input } | undefined }
  ? Input
  : unknown;

/** A value after its way through JSON: a `Date` becomes a string, an error its name and its message. */
export type AsJson<Value> = unknown extends Value
  ? unknown
  : Value extends Error
    ? "stack" extends keyof Value
      ? { name: string; message: string }
      : { [Key in keyof Value]: AsJson<Value[Key]> } // any object with a name and a message
    : Value extends { toJSON(): infer Json }
      ? AsJson<Json>
      : Value extends object
        ? { [Key in keyof Value]: AsJson<Value[Key]> }
        : Value extends void
          ? undefined
          : Value;

declare const task: unique symbol;
/** A job's id, a UUID. The type remembers the task, so that `waitFor` knows the result; any string works as well. */
export type JobId<Name extends string = string> = string & { readonly [task]: Name };

/** Where a job is in its life. The last three are final. */
export type Status = "pending" | "processing" | "completed" | "failed" | "cancelled";
/** Which jobs run first. */
export type Priority = "high" | "normal" | "low";

/** One run of a job. */
export interface Attempt {
  /** The number of the attempt; the first is 1. */
  attempt: number;
  outcome: "completed" | "failed" | "lease_expired" | "cancelled";
  startedAt: Date;
  endedAt: Date;
  worker: string;
  /** The error's name. */
  error?: string;
  /** The first line of the error's message. */
  message?: string;
  /** The whole error. Only a job's own status has it, for the first and the last attempt that failed. */
  detail?: JobError;
}

interface JobFields<Name extends string> {
  jobId: JobId<Name>;
  task: Name;
  /** The number of attempts after the first. */
  retries: number;
  maxRetries: number;
  priority: Priority;
  createdAt: Date;
  /** When the job may run, or since when it waits again. Absent if it may run immediately. */
  runAt?: Date;
  startedAt?: Date;
  /** The progress that the task reported, 0 to 100. */
  progress?: number;
  /** The note that the task gave with its progress. */
  note?: string;
  /** The total time for which its attempts asked to run later (`SnoozeError`). */
  snoozedSeconds?: number;
  /** Since when the job has waited for a worker that knows its task. */
  unknownSince?: Date;
  /** The error of the last attempt that failed. */
  error?: string;
  /** The parts that cannot be read: damaged, or not written by wakeq. With `record`, only id and status are known. */
  unreadable?: ("record" | "payload" | "result" | "error" | "log")[];
  /** The first few attempts and the last few. */
  attempts: Attempt[];
}

interface Unfinished {
  status: "pending" | "processing";
  finishedAt?: undefined;
}
interface Ended<Outcome> {
  status: Outcome;
  finishedAt: Date;
}

/** The fields that only a job's own status has. Absent for a sensitive task, unless the key has the scope `admin`. */
interface JobDetails<Payload> {
  /** The payload as it was submitted. */
  payload?: Payload;
  /** The last 20 lines that the newest attempt logged, at most 8 KB. */
  log?: LogLine[];
}
type DetailsOf<Tasks extends TaskTypes, Name extends string> =
  Name extends TaskName<Tasks> ? JobDetails<AsJson<PayloadOf<Tasks, Name>>> : never;

/** A job without its payload and its result: what lists hold, and what `cancel` and `retry` return. */
export type JobSummary<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  // Distributes over the names, so that comparing `job.task` narrows the rest.
  Name extends string ? JobFields<Name> & (Unfinished | Ended<"completed" | "failed" | "cancelled">) : never;

/** A job that completed, with what its task returned. */
export type CompletedJob<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks>
    ? JobFields<Name> & DetailsOf<Tasks, Name> & Ended<"completed"> & { result: ResultOf<Tasks, Name> }
    : never;

/** A job that has completed, failed or been cancelled. Comparing `status` tells whether there is a result. */
export type FinishedJob<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  | CompletedJob<Tasks, Name>
  | (Name extends string
      ? JobFields<Name> & DetailsOf<Tasks, Name> & Ended<"failed" | "cancelled"> & { result?: undefined }
      : never);

/** A job, finished or not. */
export type Job<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  | FinishedJob<Tasks, Name>
  | (Name extends string ? JobFields<Name> & DetailsOf<Tasks, Name> & Unfinished & { result?: undefined } : never);

/** The number of jobs in each state, all counted at one moment. */
export interface Stats {
  ready: Record<Priority, number>;
  /** Ready jobs that run apart from others, because a process that ran them crashed. */
  suspects: number;
  scheduled: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** How long the oldest ready job has been ready; absent if none is. */
  oldestReadySeconds?: number;
  /** All-time totals: completed, failed, retried, deferred, snoozed, released, cancelled, redriven, leaseExpired, missing. */
  totals: Record<string, number>;
}

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
export type When =
  | { delaySeconds?: number | undefined; runAt?: undefined }
  | { delaySeconds?: undefined; runAt?: Date | string | undefined };

/** How a job is to run. */
export type JobOptions = When & {
  /** Default `normal`. High runs before normal, normal before low; in one claim of twenty, low comes first. */
  priority?: Priority | undefined;
  /** The number of attempts after the first, 0 to 100. Default: the task's own number, else 3. */
  maxRetries?: number | undefined;
};

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

type MayBeLeftOut<Payload> = Record<never, never> extends Payload ? true : false;
type PayloadField<Payload> =
  MayBeLeftOut<Payload> extends true ? { payload?: Payload | undefined } : { payload: Payload };
/** The arguments after the task's name. A payload that may be empty may be left out. */
export type PayloadThen<Payload, Options> =
  MayBeLeftOut<Payload> extends true
    ? [payload?: Payload | undefined, options?: Options]
    : [payload: Payload, options?: Options];

/** What `submit` returns. */
export interface Submitted<Name extends string> {
  jobId: JobId<Name>;
  /** Whether the job already existed: it was submitted with this key before, or by an earlier try whose reply was lost. */
  replayed: boolean;
}

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

/** The options of `list`. */
export interface ListOptions<Name extends string = string> extends CallOptions {
  status?: Status | undefined;
  task?: Name | undefined;
  /** The number of jobs a page, 1 to 100. Default 50. */
  limit?: number | undefined;
  /** The `nextCursor` of an earlier page: the list continues after it. */
  cursor?: string | undefined;
}

/** One page of a list. */
export interface Page<Summary> {
  jobs: Summary[];
  /** Absent on the last page. Any page may hold fewer jobs than `limit`, or none if the list filters by `task`. */
  nextCursor?: string;
}

/** A list of jobs: one by one (`for await`, which fetches the next page when it is needed) or page by page. */
export interface Listing<Summary> extends AsyncIterable<Summary> {
  pages(): AsyncGenerator<Page<Summary>, void>;
}

/**
 * The HTTP API, typed by the tasks. Instants are `Date`s; payloads and results are left as they are.
 *
 * Every call may throw `WakeqError` (the server refused it), `WakeqNetworkError` (no answer came) and the reason of its
 * `signal`. A call is resent after no answer, 429, 502, 503 or 504.
 */
export interface Client<Tasks extends TaskTypes = TaskTypes> {
  /** Submits a job; it runs later. */
  submit<Name extends TaskName<Tasks>>(
    task: Name,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions>
  ): Promise<Submitted<Name>>;

  /** Submits up to 100 jobs, all or none. The ids come in the order of the jobs. */
  submitMany(
    jobs: readonly JobRequest<Tasks>[],
    options?: KeyOptions,
  ): Promise<{ jobIds: JobId<TaskName<Tasks>>[]; replayed: boolean }>;

  /** Returns the job as it is now. */
  status<Name extends TaskName<Tasks>>(jobId: JobId<Name>, options?: StatusOptions): Promise<Job<Tasks, Name>>;
  status(jobId: string, options?: StatusOptions): Promise<Job<Tasks>>;

  /**
   * Waits until the job has ended, completed or not. The server holds the request open and answers when the job finishes.
   *
   * @throws WakeqTimeoutError after `timeoutMs`
   */
  waitFor<Name extends TaskName<Tasks>>(
    jobId: JobId<Name>,
    options?: WaitOptions<Job<Tasks, Name>>,
  ): Promise<FinishedJob<Tasks, Name>>;
  waitFor(jobId: string, options?: WaitOptions<Job<Tasks>>): Promise<FinishedJob<Tasks>>;

  /**
   * Submits a job and waits for its result.
   *
   * @throws JobFailedError if the job failed or was cancelled; WakeqTimeoutError after `timeoutMs` of waiting
   */
  run<Name extends TaskName<Tasks>>(
    task: Name,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions & WaitOptions<Job<Tasks, Name>>>
  ): Promise<CompletedJob<Tasks, Name>>;

  /** Cancels a job that has not finished; a running attempt is told. Cancelling a cancelled job changes nothing. */
  cancel<Name extends TaskName<Tasks>>(jobId: JobId<Name>, options?: CallOptions): Promise<JobSummary<Tasks, Name>>;
  cancel(jobId: string, options?: CallOptions): Promise<JobSummary<Tasks>>;

  /** Puts a failed or cancelled job back into the queue, with its full number of attempts. */
  retry<Name extends TaskName<Tasks>>(jobId: JobId<Name>, options?: CallOptions): Promise<JobSummary<Tasks, Name>>;
  retry(jobId: string, options?: CallOptions): Promise<JobSummary<Tasks>>;

  /**
   * Lists jobs, status by status, the newest first. Sends its first request when it is iterated. A job that moves to
   * another status meanwhile may appear twice or be missed, any other appears once: tell jobs apart by `jobId`, and list again
   * if none may be missed.
   */
  list<Name extends TaskName<Tasks> = TaskName<Tasks>>(options?: ListOptions<Name>): Listing<JobSummary<Tasks, Name>>;

  /** Counts the jobs in each state. */
  stats(options?: CallOptions): Promise<Stats>;

  /** Resolves if the API and its database answer. Never resent. */
  health(options?: CallOptions): Promise<void>;
}
