/** What the API answers, as far as the page shows it: `/openapi.json` has the whole of it. */

export type Scope = "read" | "submit" | "admin";
export type Status = "pending" | "processing" | "completed" | "failed" | "cancelled";
/** Where a job is, in the words of the list's filters. */
export type JobState =
  | "waiting"
  | "scheduled"
  | "retrying"
  | "paused"
  | "running"
  | "completed"
  | "failed"
  | "cancelled";

/** An error with its stack and its causes. */
export interface WholeError {
  name: string;
  message: string;
  stack?: string;
  code?: string;
  cause?: WholeError;
  errors?: WholeError[];
}

/** An attempt that has ended. */
export interface Attempt {
  attempt: number;
  outcome: string;
  started_at: string;
  ended_at: string;
  worker: string;
  error?: string;
  message?: string;
  detail?: WholeError;
}

/** A line that a task logged. */
export interface LogLine {
  at: string;
  message: string;
  fields?: Record<string, unknown>;
}

/** A job in a list, or (with payload, result, log and whole errors) on its own. */
export interface Job {
  job_id: string;
  task: string;
  status: Status;
  state?: JobState;
  retries: number;
  max_retries: number;
  priority: string;
  created_at: string;
  run_at?: string;
  started_at?: string;
  finished_at?: string;
  changed_at?: string;
  expires_at?: string;
  expired?: boolean;
  progress?: number;
  note?: string;
  snoozed_seconds?: number;
  unknown_since?: string;
  schedule?: string;
  slot?: string;
  trace_id?: string;
  error?: string;
  payload?: unknown;
  result?: unknown;
  log?: LogLine[];
  unreadable?: string[];
  attempts: Attempt[];
}

/** A page of `GET /jobs`. */
export interface JobPage {
  jobs: Job[];
  next_cursor?: string;
}

/** `GET /queue-stats`. */
export interface Stats {
  ready: Record<"high" | "normal" | "low", number>;
  suspects: number;
  scheduled: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  oldest_ready_seconds?: number;
  totals: Record<string, number>;
  paused?: { until?: string };
  paused_tasks?: { task: string; until?: string; parked: number }[];
}

/** How long something took in a stretch of time: ms. */
export type Percentiles = { p50: number; p95: number } | null;

/** What happened in a minute, an hour or a day. */
export interface Bucket {
  at: string;
  submitted?: number;
  completed: number;
  failed: number;
  retried: number;
  cancelled: number;
  wait_ms: Percentiles;
  run_ms: Percentiles;
}

/** `GET /history`. */
export interface History {
  range: Range;
  bucket_seconds: number;
  buckets: Bucket[];
  totals: { submitted?: number; completed: number; failed: number; retried: number; cancelled: number };
  wait_ms: Percentiles;
  run_ms: Percentiles;
  off?: boolean;
}
export type Range = "hour" | "day" | "month";

/** Failed jobs whose errors say the same. */
export interface FailureGroup {
  task: string;
  error: string;
  fingerprint: string;
  count: number;
  first: string;
  last: string;
  sample_job_id: string;
}

/** `GET /failures`. `more`: there are older ones than the `scanned` newest. */
export interface Failures {
  groups: FailureGroup[];
  scanned: number;
  more: boolean;
}

/** A schedule as it is listed. */
export interface Schedule {
  name: string;
  task: string;
  payload?: unknown;
  cron?: string;
  every_seconds?: number;
  time_zone: string;
  paused?: boolean | { until?: string } | string;
  source?: "code" | "api";
  next_runs: string[];
  last_run?: { slot: string; job_id: string };
}

/** `GET /schedules`. */
export interface SchedulePage {
  schedules: Schedule[];
  next_cursor?: string;
}

/** A problem (RFC 9457). Status 0: the API did not answer. */
export interface Problem {
  status: number;
  title: string;
  detail?: string;
  type?: string;
  code?: string;
  errors?: { pointer: string; detail: string }[];
}
