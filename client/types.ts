import type { CompletedJob, FinishedJob, Job, JobSummary, Priority } from "./job.ts";
import type {
  CallOptions,
  JobRequest,
  KeyOptions,
  ListOptions,
  StatusOptions,
  SubmitOptions,
  WaitOptions,
} from "./options.ts";
import type { JobId, PayloadOf, PayloadThen, TaskName, TaskTypes } from "./task-types.ts";

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

export interface Submitted<Name extends string> {
  jobId: JobId<Name>;
  /** The job was there already: submitted with this key before, or by an earlier try whose reply was lost. */
  replayed: boolean;
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
