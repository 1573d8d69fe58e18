import type { JobError, LogLine } from "./detail.ts";
import type { AsJson, JobId, PayloadOf, ResultOf, TaskName, TaskTypes } from "./task-types.ts";

/** Where a job is in its life. The last three are final. */
export type Status = "pending" | "processing" | "completed" | "failed" | "cancelled";

/** What a job is doing: a pending one waits for a worker, for the end of its task's pause, for its time, or for its retry. */
export type JobState =
  | "waiting"
  | "paused"
  | "scheduled"
  | "retrying"
  | "running"
  | "completed"
  | "failed"
  | "cancelled";

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
  /** The name of the schedule that made the job. */
  schedule?: string;
  /** The slot of the schedule that it is the job of. Absent if the schedule was run by hand. */
  slot?: Date;
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
  /** If no attempt has begun by then, it fails with `Expired` and never runs. Absent once one has begun. */
  expiresAt?: Date;
  /** It is past `expiresAt`, and no worker has looked at it since. */
  expired?: true;
  /** The trace of the request that submitted it, where that named one. */
  traceId?: string;
  /** Until when it holds its unique key: its first attempt begins, it has finished, or some time is over. Absent: it has none. */
  unique?: "started" | "finished" | "time";
  /** The error of the last attempt that failed. */
  error?: string;
  /** The parts that cannot be read: damaged, or not written by wakeq. With `record`, only id and status are known. */
  unreadable?: ("record" | "payload" | "result" | "error" | "log")[];
  /** The first few attempts and the last few. */
  attempts: Attempt[];
}

interface UnfinishedFields {
  status: "pending" | "processing";
  finishedAt?: undefined;
}

interface FinishedFields<Outcome> {
  status: Outcome;
  finishedAt: Date;
}

/** The fields that only a job's own status has. Absent for a sensitive task, unless the key has the scope `admin`. */
interface OwnStatusFields<Payload> {
  /** The payload as it was submitted. */
  payload?: Payload;
  /** The last 20 lines that the newest attempt logged, at most 8 KB. */
  log?: LogLine[];
}

type DetailsOf<Tasks extends TaskTypes, Name extends string> =
  Name extends TaskName<Tasks> ? OwnStatusFields<AsJson<PayloadOf<Tasks, Name>>> : never;

/** A job without its payload and its result: what lists hold, and what `cancel` and `retry` return. */
export type JobSummary<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  // Distributes over the names, so that comparing `job.task` narrows the rest.
  Name extends string
    ? JobFields<Name> & (UnfinishedFields | FinishedFields<"completed" | "failed" | "cancelled">)
    : never;

/** A job in a list. */
export type ListedJob<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> = JobSummary<
  Tasks,
  Name
> & {
  state: JobState;
  /** When it was queued, claimed, or finished; of a job that waits for its time, when it was submitted or last tried. */
  changedAt: Date;
};

/** A job that completed, with what its task returned. */
export type CompletedJob<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks>
    ? JobFields<Name> & DetailsOf<Tasks, Name> & FinishedFields<"completed"> & { result: ResultOf<Tasks, Name> }
    : never;

/** A job that has completed, failed or been cancelled. Comparing `status` tells whether there is a result. */
export type FinishedJob<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  | CompletedJob<Tasks, Name>
  | (Name extends string
      ? JobFields<Name> & DetailsOf<Tasks, Name> & FinishedFields<"failed" | "cancelled"> & { result?: undefined }
      : never);

/** A job, finished or not. */
export type Job<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  | FinishedJob<Tasks, Name>
  | (Name extends string
      ? JobFields<Name> & DetailsOf<Tasks, Name> & UnfinishedFields & { result?: undefined }
      : never);
