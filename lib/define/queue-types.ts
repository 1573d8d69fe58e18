import type { CompletedJob, Job } from "../../client/job.ts";
import type {
  CallOptions,
  JobOptions,
  KeyOptions,
  PauseOptions,
  ResumeOptions,
  SubmitOptions,
  WaitOptions,
} from "../../client/options.ts";
import type { ScheduleCalls, ScheduleInfo } from "../../client/schedule.ts";
import type { JobId, PayloadField, PayloadOf, PayloadThen, TaskName } from "../../client/task-types.ts";
import type { Client, Paused, Submitted, SubmittedMany } from "../../client/types.ts";
import type { Cored } from "../app/core.ts";
import type { DrainOptions } from "../app/options.ts";
import type { ScheduleOption } from "../schedules/option.ts";
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

/** What an application does with schedules: the client's calls, but that a task may be given itself. */
export interface ScheduleVerbs<Tasks extends readonly Task[] = readonly Task[]>
  extends Pick<ScheduleCalls<Tasks>, "get" | "list" | "delete"> {
  /** Makes a schedule, or changes the one of this name to exactly this. The slots that are past make no jobs. */
  put(schedule: ScheduleOption<Tasks>, options?: CallOptions): Promise<ScheduleInfo<TaskName<Tasks>>>;

  /** Submits one job of a schedule now, whatever its slots are, also while it is paused. */
  run(
    name: string,
    options?: KeyOptions,
  ): Promise<Omit<Submitted<TaskName<Tasks>>, "jobId"> & { id: JobId<TaskName<Tasks>> }>;
}

/** The verbs that are the client's, as they are. */
type SameVerbs =
  | "status"
  | "cancel"
  | "retry"
  | "runNow"
  | "delete"
  | "retryMany"
  | "deleteMany"
  | "failures"
  | "pulse"
  | "list"
  | "stats"
  | "history";

/** What an application does with its queue. Instants are `Date`s; payloads and results are left as they are. */
export interface QueueVerbs<Tasks extends readonly Task[] = readonly Task[]> extends Pick<Client<Tasks>, SameVerbs> {
  /** The types of the tasks alone, for `createClient<typeof queue>()`. It has no value. */
  readonly tasks?: Tasks;

  /** Submits a job; it runs later. */
  submit<Name extends TaskName<Tasks>>(
    task: TaskOrName<Name>,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions>
  ): Promise<Omit<Submitted<Name>, "jobId"> & { id: JobId<Name> }>;

  /** Submits up to 100 jobs, all or none, but for those whose unique keys others hold. The ids come in the order of the jobs. */
  submitMany(
    jobs: readonly OneOfMany<Tasks>[],
    options?: KeyOptions,
  ): Promise<Omit<SubmittedMany<TaskName<Tasks>>, "jobIds"> & { ids: JobId<TaskName<Tasks>>[] }>;

  /**
   * Waits until the job has ended, completed or not.
   *
   * @throws WakeqTimeoutError after `timeoutMs`
   */
  wait: Client<Tasks>["waitFor"];

  /**
   * Submits a job and waits for its result; where another job holds its unique key, for that one's.
   *
   * @throws JobFailedError if the job failed or was cancelled; WakeqTimeoutError after `timeoutMs` of waiting
   */
  run<Name extends TaskName<Tasks>>(
    task: TaskOrName<Name>,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions & WaitOptions<Job<Tasks, Name>>>
  ): Promise<CompletedJob<Tasks, Name>>;

  /**
   * Lets no more jobs begin, of the whole queue or of one task, or lets one schedule make none. Running jobs end, submits go on, and
   * jobs keep their order. A second pause replaces the `until` of the first. Returns what is paused now.
   */
  pause<Name extends TaskName<Tasks> = TaskName<Tasks>>(
    options?: Omit<PauseOptions, "task"> & { task?: TaskOrName<Name> },
  ): Promise<Paused>;

  /**
   * Ends a pause. A task or a schedule that was paused by name must be resumed by name. A schedule goes on with its next slot.
   * Returns what is paused now.
   */
  resume<Name extends TaskName<Tasks> = TaskName<Tasks>>(
    options?: Omit<ResumeOptions, "task"> & { task?: TaskOrName<Name> },
  ): Promise<Paused>;

  /** The schedules: what makes jobs by the clock. Those of the option `schedules` can be read, paused and run here, not changed. */
  readonly schedules: ScheduleVerbs<Tasks>;

  /** Runs jobs in this process until none is ready. Returns what happened. Never throws for what a job did. */
  drain(options?: DrainOptions): Promise<DrainSummary>;

  /** Serves the HTTP API and its pages, for whatever speaks the web's types: Hono, Bun, Deno, h3. */
  fetch(request: Request): Promise<Response>;
}
