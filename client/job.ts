import type { JobError, LogLine } from "./detail.ts";
import type { AsJson, JobId, PayloadOf, ResultOf, TaskName, TaskTypes } from "./task-types.ts";

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
