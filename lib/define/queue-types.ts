import type { CompletedJob, FinishedJob, Job, JobSummary } from "../../client/job.ts";
import type {
  CallOptions,
  JobOptions,
  KeyOptions,
  ListOptions,
  StatusOptions,
  SubmitOptions,
  WaitOptions,
} from "../../client/options.ts";
import type { JobId, PayloadField, PayloadOf, PayloadThen, TaskName } from "../../client/task-types.ts";
import type { Listing, Stats } from "../../client/types.ts";
import type { Cored } from "../app/core.ts";
import type { DrainOptions } from "../app/options.ts";
import type { Task } from "../tasks.ts";
import type { DrainSummary } from "../worker/drain.ts";

/** One of the tasks, or its name. */
export type TaskOrName<Name extends string> = Name | { readonly name: Name };

/** One of the jobs that `submitMany` submits: how each task takes its payload, and how the job is to run. */
type OneOfMany<Tasks extends readonly Task[], Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks> ? { task: TaskOrName<Name> } & PayloadField<PayloadOf<Tasks, Name>> & JobOptions : never;

/**
 * A queue inside an application. Its verbs do what the HTTP API does, without a hop: one call of a script.
 *
 * Every verb may throw `WakeqError` (with a stable `code`) and the reason of its `signal`.
 */
export type Queue<Tasks extends readonly Task[] = readonly Task[]> = Cored & QueueVerbs<Tasks>;

/** What an application does with its queue. Instants are `Date`s; payloads and results are left as they are. */
export interface QueueVerbs<Tasks extends readonly Task[] = readonly Task[]> {
  /** The types of the tasks alone, for `createClient<typeof queue>()`. It has no value. */
  readonly tasks?: Tasks;

  /** Submits a job; it runs later. */
  submit<Name extends TaskName<Tasks>>(
    task: TaskOrName<Name>,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions>
  ): Promise<{ id: JobId<Name>; replayed: boolean }>;

  /** Submits up to 100 jobs, all or none. The ids come in the order of the jobs. */
  submitMany(
    jobs: readonly OneOfMany<Tasks>[],
    options?: KeyOptions,
  ): Promise<{ ids: JobId<TaskName<Tasks>>[]; replayed: boolean }>;

  /** Returns the job as it is now. */
  status<Name extends TaskName<Tasks>>(id: JobId<Name>, options?: StatusOptions): Promise<Job<Tasks, Name>>;
  status(id: string, options?: StatusOptions): Promise<Job<Tasks>>;

  /**
   * Waits until the job has ended, completed or not.
   *
   * @throws WakeqTimeoutError after `timeoutMs`
   */
  wait<Name extends TaskName<Tasks>>(
    id: JobId<Name>,
    options?: WaitOptions<Job<Tasks, Name>>,
  ): Promise<FinishedJob<Tasks, Name>>;
  wait(id: string, options?: WaitOptions<Job<Tasks>>): Promise<FinishedJob<Tasks>>;

  /**
   * Submits a job and waits for its result.
   *
   * @throws JobFailedError if the job failed or was cancelled; WakeqTimeoutError after `timeoutMs` of waiting
   */
  run<Name extends TaskName<Tasks>>(
    task: TaskOrName<Name>,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions & WaitOptions<Job<Tasks, Name>>>
  ): Promise<CompletedJob<Tasks, Name>>;

  /** Cancels a job that has not finished; a running attempt is told. Cancelling a cancelled job changes nothing. */
  cancel<Name extends TaskName<Tasks>>(id: JobId<Name>, options?: CallOptions): Promise<JobSummary<Tasks, Name>>;
  cancel(id: string, options?: CallOptions): Promise<JobSummary<Tasks>>;

  /** Puts a failed or cancelled job back into the queue, with its full number of attempts. */
  retry<Name extends TaskName<Tasks>>(id: JobId<Name>, options?: CallOptions): Promise<JobSummary<Tasks, Name>>;
  retry(id: string, options?: CallOptions): Promise<JobSummary<Tasks>>;

  /** Lists jobs, status by status, the newest first: one by one (`for await`) or page by page (`pages()`). */
  list<Name extends TaskName<Tasks> = TaskName<Tasks>>(options?: ListOptions<Name>): Listing<JobSummary<Tasks, Name>>;

  /** Counts the jobs in each state. */
  stats(options?: CallOptions): Promise<Stats>;

  /** Runs jobs in this process until none is ready. Returns what happened. Never throws for what a job did. */
  drain(options?: DrainOptions): Promise<DrainSummary>;

  /** Serves the HTTP API and its pages, for whatever speaks the web's types: Hono, Bun, Deno, h3. */
  fetch(request: Request): Promise<Response>;
}
