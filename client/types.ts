import type { HistoryOptions, JobHistory } from "./history.ts";
import type { CompletedJob, FinishedJob, Job, JobSummary, ListedJob, Priority } from "./job.ts";
import type {
  CallOptions,
  Changed,
  FailureOptions,
  JobRequest,
  JobSelection,
  KeyOptions,
  ListOptions,
  PauseOptions,
  PulseOptions,
  ResumeOptions,
  StatusOptions,
  SubmitOptions,
  WaitOptions,
} from "./options.ts";
import type { ScheduleCalls } from "./schedule.ts";
import type { JobId, PayloadOf, PayloadThen, TaskName, TaskTypes } from "./task-types.ts";

/** A pause of the whole queue. */
export interface PausedQueue {
  since: Date;
  /** Absent: until it is resumed. */
  until?: Date;
}

/** A pause of one task. */
export interface PausedTask extends PausedQueue {
  task: string;
  /** The number of its jobs that were ready and have been set aside, in order. */
  parked: number;
  /** It has been resumed, and its parked jobs are on their way back. */
  resuming?: true;
}

/** What is paused: no job of it begins. Paused schedules are not listed; `schedules.list` shows them. */
export interface Paused {
  /** The pause of the whole queue; absent if it is not paused. */
  paused?: PausedQueue;
  pausedTasks: PausedTask[];
}

/** The number of jobs in each state, all counted at one moment, and what is paused. */
export interface Stats extends Paused {
  ready: Record<Priority, number>;
  /** Ready jobs that run apart from others, because a process that ran them crashed. */
  suspects: number;
  scheduled: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** How long the oldest ready job has been ready; absent if none is, or if the queue is paused. */
  oldestReadySeconds?: number;
  /** In how many seconds the next job, slot of a schedule or end of a pause is due, 0 if one is overdue; absent if nothing waits for its time. */
  nextDueSeconds?: number;
  /** All-time totals: completed, failed, retried, deferred, snoozed, released, cancelled, redriven, deleted, leaseExpired, missing. */
  totals: Record<string, number>;
}

/** The newest failed jobs, grouped by task and error. */
export interface Failures {
  groups: {
    task: string;
    /** The error's name, and its message without quotes, ids and numbers. */
    error: string;
    /** Names the group for `retryMany` and `deleteMany`. */
    fingerprint: string;
    count: number;
    firstAt: Date;
    lastAt: Date;
    sampleJobId: string;
  }[];
  /** How many failed jobs were looked at. */
  scanned: number;
  /** Whether there are failed jobs, or groups, that are not here. */
  more: boolean;
}

/** What `submit` returns. */
export interface Submitted<Name extends string> {
  jobId: JobId<Name>;
  /** Whether the job already existed: it was submitted with this key before, or by an earlier try whose reply was lost. */
  replayed: boolean;
  /** Whether another job holds the unique key: `jobId` is that one's, and nothing was accepted. */
  uniqueConflict: boolean;
}

/** What `submitMany` returns. */
export interface SubmittedMany<Name extends string> {
  /** The ids, in the order of the jobs. */
  jobIds: JobId<Name>[];
  /** Whether the jobs already existed: see `Submitted`. */
  replayed: boolean;
  /** The places, from 0, of jobs that were not accepted: `jobIds` has those that hold their unique keys. */
  uniqueConflicts: number[];
}

/** One page of a list. */
export interface Page<Summary> {
  jobs: Summary[];
  /** Absent on the last page. Any page may hold fewer jobs than `limit`, or none if the list has a filter. */
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

  /** Submits up to 100 jobs, all or none, but for those whose unique keys others hold. */
  submitMany(jobs: readonly JobRequest<Tasks>[], options?: KeyOptions): Promise<SubmittedMany<TaskName<Tasks>>>;

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
   * Submits a job and waits for its result; where another job holds its unique key, for that one's.
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

  /** Lets a job that waits for its time (a delay, a retry, a snooze) run as soon as possible. One that is ready stays as it is. */
  runNow<Name extends TaskName<Tasks>>(jobId: JobId<Name>, options?: CallOptions): Promise<JobSummary<Tasks, Name>>;
  runNow(jobId: string, options?: CallOptions): Promise<JobSummary<Tasks>>;

  /** Forgets a job that does not run, with all that is kept about it. Its idempotency key is free again. */
  delete(jobId: string, options?: CallOptions): Promise<void>;

  /**
   * Lists jobs, those first that changed last; a job that waits for its time stands as far behind the present as that lies ahead.
   * Sends its first request when it is iterated. A job that moves to another status meanwhile may appear twice or be missed, any
   * other appears once: tell jobs apart by `jobId`, and list again if none may be missed.
   */
  list<Name extends TaskName<Tasks> = TaskName<Tasks>>(options?: ListOptions<Name>): Listing<ListedJob<Tasks, Name>>;

  /** Puts failed or cancelled jobs back, the newest first, a hundred with each request. Jobs that fail meanwhile are left. */
  retryMany(selection: JobSelection & { status: "failed" | "cancelled" }, options?: CallOptions): Promise<Changed>;

  /** Forgets finished jobs, the newest first, a hundred with each request. */
  deleteMany(selection: JobSelection, options?: CallOptions): Promise<Changed>;

  /** Groups the newest failed jobs by task and error. */
  failures(options?: FailureOptions): Promise<Failures>;

  /** Returns a tag that changes when the queue does: the cheapest way to learn whether to look again. */
  pulse(options?: PulseOptions): Promise<string>;

  /**
   * Lets no more jobs begin, of the whole queue or of one task, or lets one schedule make none. Running jobs end, submits go on, and
   * jobs keep their order. A second pause replaces the `until` of the first. Returns what is paused now.
   */
  pause<Name extends TaskName<Tasks> = TaskName<Tasks>>(options?: PauseOptions<Name>): Promise<Paused>;

  /**
   * Ends a pause. A task or a schedule that was paused by name must be resumed by name. A schedule goes on with its next slot.
   * Returns what is paused now.
   */
  resume<Name extends TaskName<Tasks> = TaskName<Tasks>>(options?: ResumeOptions<Name>): Promise<Paused>;

  /** Counts the jobs in each state, and says what is paused. */
  stats(options?: CallOptions): Promise<Stats>;

  /** Tells what happened in the last hour, day or month. */
  history(options?: HistoryOptions): Promise<JobHistory>;

  /** Resolves if the API and its database answer. Never resent. */
  health(options?: CallOptions): Promise<void>;

  /** The schedules: what makes jobs by the clock. */
  readonly schedules: ScheduleCalls<Tasks>;
}
