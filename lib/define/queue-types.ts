import type { CompletedJob, Job } from "../../client/job.ts";
import type { JobOptions, KeyOptions, SubmitOptions, WaitOptions } from "../../client/options.ts";
import type { JobId, PayloadField, PayloadOf, PayloadThen, TaskName } from "../../client/task-types.ts";
import type { Client } from "../../client/types.ts";
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
  | "stats";

/** What an application does with its queue. Instants are `Date`s; payloads and results are left as they are. */
export interface QueueVerbs<Tasks extends readonly Task[] = readonly Task[]> extends Pick<Client<Tasks>, SameVerbs> {
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

  /**
   * Waits until the job has ended, completed or not.
   *
   * @throws WakeqTimeoutError after `timeoutMs`
   */
  wait: Client<Tasks>["waitFor"];

  /**
   * Submits a job and waits for its result.
   *
   * @throws JobFailedError if the job failed or was cancelled; WakeqTimeoutError after `timeoutMs` of waiting
   */
  run<Name extends TaskName<Tasks>>(
    task: TaskOrName<Name>,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, SubmitOptions & WaitOptions<Job<Tasks, Name>>>
  ): Promise<CompletedJob<Tasks, Name>>;

  /** Runs jobs in this process until none is ready. Returns what happened. Never throws for what a job did. */
  drain(options?: DrainOptions): Promise<DrainSummary>;

  /** Serves the HTTP API and its pages, for whatever speaks the web's types: Hono, Bun, Deno, h3. */
  fetch(request: Request): Promise<Response>;
}
