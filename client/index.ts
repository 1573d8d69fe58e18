export { createClient } from "./client.ts";
export type { JobError, LogLine } from "./detail.ts";
export {
  type ErrorCode,
  type Fault,
  JobFailedError,
  WakeqError,
  WakeqNetworkError,
  WakeqTimeoutError,
} from "./errors.ts";
export type { Durations, Ends, HistoryOptions, JobHistory, Times } from "./history.ts";
export type {
  Attempt,
  CompletedJob,
  FinishedJob,
  Job,
  JobState,
  JobSummary,
  ListedJob,
  Priority,
  Status,
} from "./job.ts";
export type {
  CallOptions,
  Changed,
  ClientOptions,
  FailureOptions,
  JobOptions,
  JobRequest,
  JobSelection,
  KeyOptions,
  ListOptions,
  PauseOptions,
  PulseOptions,
  ResumeOptions,
  StatusOptions,
  SubmitOptions,
  UniqueOptions,
  WaitOptions,
} from "./options.ts";
export type {
  ScheduleCalls,
  ScheduleInfo,
  ScheduleListing,
  ScheduleListOptions,
  ScheduleRequest,
} from "./schedule.ts";
export type { AsJson, JobId, PayloadOf, ResultOf, TaskName, TaskType, TaskTypes } from "./task-types.ts";
export type {
  Client,
  Failures,
  Listing,
  Page,
  Paused,
  PausedQueue,
  PausedTask,
  Stats,
  Submitted,
  SubmittedMany,
} from "./types.ts";
