import type { JobError, LogLine } from "./detail.ts";

/** What the client reads of a task's type. What `defineTask` gives is one; so is any object of this shape. */
export interface TaskType {
  readonly name: string;
  readonly input: { readonly "~standard": { readonly types?: { readonly input: unknown } | undefined } };
  run(context: never): unknown;
}

/** The tasks of a deployment: `typeof taskList` of its `tasks/index.ts`. */
export type TaskTypes = readonly TaskType[];

export type TaskName<Tasks extends TaskTypes = TaskTypes> = Tasks[number]["name"];

/** What may be submitted to a task: the input of its schema, defaults not yet filled in. */
export type PayloadOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: InputOf<Task["input"]["~standard"]>;
}[Name];

/** What comes back of a task: what its `run` returns, as JSON carries it. Nothing returned: undefined. */
export type ResultOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: AsJson<Awaited<ReturnType<Task["run"]>>>;
}[Name];

type InputOf<Standard> = Standard extends { readonly types?: { readonly input: infer Input } | undefined }
  ? Input
  : unknown;

/** A value of a result after its way as JSON: a `Date` is a string then, an error its name and its message. */
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
/** A job's id, a UUID. The type remembers the task, so that `waitFor` knows the result; any string will do as well. */
export type JobId<Name extends string = string> = string & { readonly [task]: Name };

export type Status = "pending" | "processing" | "completed" | "failed" | "cancelled";
export type Priority = "high" | "normal" | "low";

/** One run of a job. */
export interface Attempt {
  /** 1 for the first. */
  attempt: number;
  outcome: "completed" | "failed" | "lease_expired" | "cancelled";
  startedAt: Date;
  endedAt: Date;
  worker: string;
  /** The error's name. */
  error?: string;
  /** The first line of its message. */
  message?: string;
  /** The whole error, in a job's own status: of the last attempt that failed, and of the first. */
  detail?: JobError;
}

interface JobFields<Name extends string> {
  jobId: JobId<Name>;
  task: Name;
  /** Attempts after the first. */
  retries: number;
  maxRetries: number;
  priority: Priority;
  createdAt: Date;
  /** When it may run, or since when it waits again. Absent: at once. */
  runAt?: Date;
  startedAt?: Date;
  /** 0 to 100. */
  progress?: number;
  /** What the task said with its progress. */
  note?: string;
  /** For how long its attempts have asked to run later (`SnoozeError`), in all. */
  snoozedSeconds?: number;
  /** It waits for a worker that knows its task, and none has come since then. */
  unknownSince?: Date;
  /** The error of the last attempt that failed. */
  error?: string;
  /** What of it cannot be read, because it is damaged or somebody else wrote it. With `record`, only id and status are known. */
  unreadable?: ("record" | "payload" | "result" | "error" | "log")[];
  /** The first few and the last few. */
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

/** What a job's own status has, and nothing else. Absent for a sensitive task, unless the key has the scope `admin`. */
interface JobDetails<Payload> {
  /** As it was given. */
  payload?: Payload;
  /** The last 20 lines that its newest attempt logged, at most 8 KB. */
  log?: LogLine[];
}
type DetailsOf<Tasks extends TaskTypes, Name extends string> =
  Name extends TaskName<Tasks> ? JobDetails<AsJson<PayloadOf<Tasks, Name>>> : never;

/** A job without its payload and its result: what lists hold, and what `cancel` and `retry` give. */
export type JobSummary<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  // Distributes over the names, so that comparing `job.task` narrows the rest.
  Name extends string ? JobFields<Name> & (Unfinished | Ended<"completed" | "failed" | "cancelled">) : never;

/** A job that completed, with what its task returned. */
export type CompletedJob<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks>
    ? JobFields<Name> & DetailsOf<Tasks, Name> & Ended<"completed"> & { result: ResultOf<Tasks, Name> }
    : never;

/** A job that is over, one way or another. Comparing `status` tells whether there is a result. */
export type FinishedJob<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  | CompletedJob<Tasks, Name>
  | (Name extends string
      ? JobFields<Name> & DetailsOf<Tasks, Name> & Ended<"failed" | "cancelled"> & { result?: undefined }
      : never);

/** A job as it stands. */
export type Job<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  | FinishedJob<Tasks, Name>
  | (Name extends string ? JobFields<Name> & DetailsOf<Tasks, Name> & Unfinished & { result?: undefined } : never);

/** How many jobs are where, of one moment. */
export interface Stats {
  ready: Record<Priority, number>;
  /** Ready, to run apart from others: they were in a process that crashed. */
  suspects: number;
  scheduled: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** For how long the oldest ready job has been ready; absent where none is. */
  oldestReadySeconds?: number;
  /** All-time totals: completed, failed, retried, deferred, snoozed, released, cancelled, redriven, leaseExpired, missing. */
  totals: Record<string, number>;
}

export interface ClientOptions {
  /** Where the API is, with its stage if it has one: `https://abc.execute-api.eu-central-1.amazonaws.com`. */
  url: string;
  /** An API key, as `npm run key` made it. A local stack needs none. */
  key?: string | undefined;
  /** Instead of the global one. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** The limit for a call with all its resends; what a call asks the server to wait comes on top. Default 30,000. */
  timeoutMs?: number | undefined;
  /** How often a call is sent again where that may help. Default 4. */
  retries?: number | undefined;
}

export interface CallOptions {
  /** Ends the call, and every wait in it, at once: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** When a job may run first: at once, after a while, or at an instant; at most a year from now. */
export type When =
  | { delaySeconds?: number | undefined; runAt?: undefined }
  | { delaySeconds?: undefined; runAt?: Date | string | undefined };

export type JobOptions = When & {
  /** Default `normal`. High goes before normal before low, but in one claim of twenty low goes first. */
  priority?: Priority | undefined;
  /** After the first attempt, 0 to 100. Default: what the task says, else 3. */
  maxRetries?: number | undefined;
};

export interface KeyOptions extends CallOptions {
  /** The same key with the same content gives the same job, however often it is submitted. Default: one of its own for each call. */
  idempotencyKey?: string | undefined;
  /** W3C Trace Context, `00-<trace>-<span>-01`: the trace that the runs of the job shall belong to. */
  traceparent?: string | undefined;
}

export type SubmitOptions = JobOptions & KeyOptions;

/** A job to submit, as one of many. */
export type JobRequest<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks> ? { task: Name } & PayloadField<PayloadOf<Tasks, Name>> & JobOptions : never;

type MayBeLeftOut<Payload> = Record<never, never> extends Payload ? true : false;
type PayloadField<Payload> =
  MayBeLeftOut<Payload> extends true ? { payload?: Payload | undefined } : { payload: Payload };
/** A payload that may be empty may be left out. */
export type PayloadThen<Payload, Options> =
  MayBeLeftOut<Payload> extends true
    ? [payload?: Payload | undefined, options?: Options]
    : [payload: Payload, options?: Options];

export interface Submitted<Name extends string> {
  jobId: JobId<Name>;
  /** The job was there already: submitted with this key before, or by an earlier try whose reply was lost. */
  replayed: boolean;
}

export interface StatusOptions extends CallOptions {
  /** Answer as soon as the job finishes, and after so long at the latest. Whole seconds, 0 to 25. */
  waitSeconds?: number | undefined;
}

export interface WaitOptions<Seen = Job> extends CallOptions {
  /** Called with the job as first seen, then whenever something about it has changed (a look every 2 s), and at its end. */
  onProgress?: ((job: Seen) => void) | undefined;
  /** Default: none, as long as it takes. */
  timeoutMs?: number | undefined;
}

export interface ListOptions<Name extends string = string> extends CallOptions {
  status?: Status | undefined;
  task?: Name | undefined;
  /** Jobs a page, 1 to 100. Default 50. */
  limit?: number | undefined;
  /** Go on behind an earlier page: its `nextCursor`. */
  cursor?: string | undefined;
}

export interface Page<Summary> {
  jobs: Summary[];
  /** Absent: there is no other page. A page may hold fewer jobs than `limit`, with `task` even none, and have a next one. */
  nextCursor?: string;
}

/** Jobs one by one (`for await`), asking for the next page when it is needed; or page by page. */
export interface Listing<Summary> extends AsyncIterable<Summary> {
  pages(): AsyncGenerator<Page<Summary>, void>;
}

/**
 * The HTTP API, typed by the tasks. Instants are `Date`s; payloads and results pass as they are.
 *
 * Every call may throw `WakeqError` (answered, but refused), `WakeqNetworkError` (no answer) and the reason of its
 * `signal`. What may be cured by it is sent again: no answer, 429, 502, 503, 504.
 */
export interface Client<Tasks extends TaskTypes = TaskTypes> {
  /** Submit a job; it runs later. */
  submit<Name extends TaskName<Tasks>>(
    task: Name,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions>
  ): Promise<Submitted<Name>>;

  /** Submit up to 100 jobs, all or none. The ids come in the order of the jobs. */
  submitMany(
    jobs: readonly JobRequest<Tasks>[],
    options?: KeyOptions,
  ): Promise<{ jobIds: JobId<TaskName<Tasks>>[]; replayed: boolean }>;

  /** The job as it stands. */
  status<Name extends TaskName<Tasks>>(jobId: JobId<Name>, options?: StatusOptions): Promise<Job<Tasks, Name>>;
  status(jobId: string, options?: StatusOptions): Promise<Job<Tasks>>;

  /**
   * The job once it is over, completed or not. Held open by the server, so the answer comes when the job finishes.
   *
   * @throws WakeqTimeoutError after `timeoutMs`
   */
  waitFor<Name extends TaskName<Tasks>>(
    jobId: JobId<Name>,
    options?: WaitOptions<Job<Tasks, Name>>,
  ): Promise<FinishedJob<Tasks, Name>>;
  waitFor(jobId: string, options?: WaitOptions<Job<Tasks>>): Promise<FinishedJob<Tasks>>;

  /**
   * Submit and wait for the result.
   *
   * @throws JobFailedError where the job failed or was cancelled; WakeqTimeoutError after `timeoutMs` of waiting
   */
  run<Name extends TaskName<Tasks>>(
    task: Name,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions & WaitOptions<Job<Tasks, Name>>>
  ): Promise<CompletedJob<Tasks, Name>>;

  /** End a job that has not finished; a running attempt hears of it. Twice is as good as once. */
  cancel<Name extends TaskName<Tasks>>(jobId: JobId<Name>, options?: CallOptions): Promise<JobSummary<Tasks, Name>>;
  cancel(jobId: string, options?: CallOptions): Promise<JobSummary<Tasks>>;

  /** Put a failed or cancelled job back with fresh attempts. */
  retry<Name extends TaskName<Tasks>>(jobId: JobId<Name>, options?: CallOptions): Promise<JobSummary<Tasks, Name>>;
  retry(jobId: string, options?: CallOptions): Promise<JobSummary<Tasks>>;

  /**
   * Jobs, status by status, the newest first. Asks when it is iterated, not before. Jobs that stay where they are appear once.
   * A job that moves meanwhile (it is claimed, retried, ends) may appear twice or be missed: tell jobs apart by `jobId`, and
   * look again where none may be missed.
   */
  list<Name extends TaskName<Tasks> = TaskName<Tasks>>(options?: ListOptions<Name>): Listing<JobSummary<Tasks, Name>>;

  stats(options?: CallOptions): Promise<Stats>;

  /** Resolves where the API and its database answer. Asked once, never sent again. */
  health(options?: CallOptions): Promise<void>;
}
