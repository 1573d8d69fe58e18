export { JobFailedError, WakeqError, WakeqTimeoutError } from "../client/errors.ts";
export type { CompletedJob, FinishedJob, Job, JobSummary, ListedJob } from "../client/job.ts";
export type { Authorize } from "./app/app.ts";
export type { DrainOptions, QueueOptions } from "./app/options.ts";
export { defineQueue } from "./define/define-queue.ts";
export type { Queue, QueueVerbs } from "./define/queue-types.ts";
export { ConfigError } from "./errors.ts";
export { defineTask, NonRetriableError, RetryAfterError, SnoozeError, type Task, type TaskContext } from "./tasks.ts";
