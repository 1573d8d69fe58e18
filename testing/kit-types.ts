import type { JobId, PayloadOf, PayloadThen, ResultOf, TaskName } from "../client/task-types.ts";
import type { ScheduleVerbs, TaskOrName } from "../lib/define/queue-types.ts";
import type { LogLine } from "../lib/observability/task-log.ts";
import type { Job, Priority } from "../lib/queue/job.ts";
import type { WorkerQueue } from "../lib/queue/worker-queue.ts";
import type { detailed } from "../lib/routes/details.ts";
import type { Task, UniqueOption } from "../lib/tasks.ts";
import type { DrainSummary } from "../lib/worker/drain.ts";
import type { Duration } from "./duration.ts";

/** The settings of a test kit. */
export interface KitOptions {
  /** The time at which the clock starts, ms since the epoch. Default: this machine's, when the kit is made. */
  now?: number;
  /** How many jobs run at the same time. Default: the queue's own setting, else 10. */
  concurrency?: number;
}

/** How a job is to run. */
export interface KitSubmitOptions {
  priority?: Priority;
  delay?: Duration;
  /** How long it may wait for its first attempt, from the submit. */
  expires?: Duration;
  maxRetries?: number;
  /** While another job holds this key, `submit` returns that job's id. Default: what the task says. */
  unique?: UniqueOption;
  /** The trace context of the submitting request. The task's `job.traceparent` belongs to the same trace. */
  traceparent?: string;
}

/** How time passes. */
export interface KitAdvanceOptions {
  /** False: no worker runs meanwhile, so nothing happens until the next `drain` or `advance`. Default true. */
  workers?: boolean;
}

/** A job as it is now, with its payload and result decoded, its newest attempt's log, and whole errors in its attempts. */
export type KitJob<
  Tasks extends readonly Task[] = readonly Task[],
  Name extends TaskName<Tasks> = TaskName<Tasks>,
> = Omit<Job, "token" | "attempts"> & {
  payload?: PayloadOf<Tasks, Name>;
  result?: ResultOf<Tasks, Name>;
  log?: LogLine[];
  /** The attempts. `detail` is the whole error; the first and the last attempt that failed have it. */
  attempts: ReturnType<typeof detailed>;
};

/** A queue for tests; see `createTestKit`. */
export interface TestKit<Tasks extends readonly Task[] = readonly Task[]> {
  /**
   * Submits a job and returns its id, or that of the job that holds its unique key. The payload goes through JSON and is checked as the API checks it, so the task gets a
   * Date as text, and no member that is undefined. A task that is `internal` may be submitted too.
   *
   * @throws WakeqError if the API would refuse the job; TypeError if JSON cannot hold the payload
   */
  submit<Name extends TaskName<Tasks>>(
    task: TaskOrName<Name>,
    ...more: PayloadThen<PayloadOf<Tasks, Name>, KitSubmitOptions>
  ): Promise<JobId<Name>>;
  /** Runs jobs until none is ready. Does not wait for jobs that are due later: `advance` does. */
  drain(): Promise<DrainSummary>;
  /**
   * Runs what is ready, then moves the clock and runs what becomes due on the way, each at its time: retries, delayed jobs, the
   * slots of schedules, jobs of crashed workers. Given a Date, it moves the clock to that instant. Finished jobs are forgotten when their time is over, as the queue's `retention` says.
   */
  advance(by: Duration | Date, options?: KitAdvanceOptions): Promise<void>;
  /** The schedules: what `queue.schedules` is, also for a list of tasks. Those of the queue's options are there from the beginning. */
  readonly schedules: ScheduleVerbs<Tasks>;
  /** Lets a worker claim what is ready and crash: before it runs the jobs, or after it ran them but before it reported. */
  crash(when?: "before the run" | "after the run"): Promise<void>;
  /** Cancels a job that has not finished. Does nothing if it has, or if there is no such job. */
  cancel(id: string): Promise<void>;
  /** Lets a job that waits for its time run at the next `drain`. Does nothing if it does not wait, or if there is no such job. */
  runNow(id: string): Promise<void>;
  /** Forgets a job that does not run. Does nothing if it runs, or if there is no such job. */
  delete(id: string): Promise<void>;
  /**
   * Pauses the queue, or a task: `drain` and `advance` run no job of it until it is resumed, or until the clock is at `until` (a
   * number is ms since the epoch, as of `now`). Or it pauses a schedule: `advance` fires no slot of it.
   *
   * @throws RangeError if `until` is not within a year from now; WakeqError if there is no such schedule
   */
  pause(what?: {
    task?: TaskOrName<TaskName<Tasks>>;
    schedule?: string;
    until?: Date | string | number;
  }): Promise<void>;
  /** Ends such a pause. `drain` then runs the jobs; a schedule goes on with its next slot. */
  resume(what?: { task?: TaskOrName<TaskName<Tasks>>; schedule?: string }): Promise<void>;
  /** Returns a job as it is now. @throws Error if there is no such job */
  job<Name extends TaskName<Tasks>>(id: JobId<Name>): Promise<KitJob<Tasks, Name>>;
  job(id: string): Promise<KitJob<Tasks>>;
  /** Returns the time of the clock that `advance` moves, ms since the epoch. */
  now(): number;
  /** The queue's inner side, for what the kit has no verb for. */
  queue: WorkerQueue;
  /** Frees the memory, and gives the application's queue its own database back. */
  close(): Promise<void>;
}
