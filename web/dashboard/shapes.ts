/** What the API answers, as far as the page shows it: `/openapi.json` has the whole of it. */

export type KeyScope = "read" | "submit" | "admin";
type Status = "pending" | "processing" | "completed" | "failed" | "cancelled";
/** Where a job is, in the words of the list's filters. */
export type ShownState =
  | "waiting"
  | "scheduled"
  | "retrying"
  | "paused"
  | "running"
  | "completed"
  | "failed"
  | "cancelled";

/** An error with its stack and its causes. */
export interface ShownError {
  name: string;
  message: string;
  stack?: string;
  code?: string;
  cause?: ShownError;
  errors?: ShownError[];
}

/** An attempt that has ended. */
export interface ShownAttempt {
  attempt: number;
  outcome: string;
  started_at: string;
  ended_at: string;
  worker: string;
  error?: string;
  message?: string;
  detail?: ShownError;
}

/** A line that a task logged. */
interface LogLine {
  at: string;
  message: string;
  fields?: Record<string, unknown>;
}

/** A job in a list, or (with payload, result, log and whole errors) on its own. */
export interface Job {
  job_id: string;
  task: string;
  status: Status;
  /** Only in a list. */
  state?: ShownState;
  retries: number;
  max_retries: number;
  priority: string;
  created_at: string;
  run_at?: string;
  started_at?: string;
  finished_at?: string;
  changed_at?: string;
  expires_at?: string;
  expired?: true;
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
  attempts: ShownAttempt[];
}

/** A page of `GET /jobs`. */
export interface ShownJobs {
  jobs: Job[];
  next_cursor?: string;
}

/** `GET /queue-stats`. */
export interface ShownCounts {
  ready: Record<"high" | "normal" | "low", number>;
  suspects: number;
  scheduled: number;
  processing: number;
  completed: number;
  failed: number;
  cancelled: number;
  oldest_ready_seconds?: number;
  next_due_seconds?: number;
  totals: Record<string, number>;
  paused?: { since: string; until?: string };
  paused_tasks: { task: string; since: string; until?: string; parked: number; resuming?: true }[];
}

/** How long something took in a stretch of time: ms. */
export type ShownPercentiles = { p50: number; p95: number } | null;

/** What happened in a minute, an hour or a day. */
export interface ShownBucket {
  at: string;
  completed: number;
  failed: number;
  retried: number;
  cancelled: number;
  wait_ms: ShownPercentiles;
  run_ms: ShownPercentiles;
}

/** `GET /history`. */
export interface ShownHistory {
  range: ShownRange;
  bucket_seconds: number;
  buckets: ShownBucket[];
  totals: { completed: number; failed: number; retried: number; cancelled: number };
  wait_ms: ShownPercentiles;
  run_ms: ShownPercentiles;
  off?: true;
}
export type ShownRange = "hour" | "day" | "month";

/** Failed jobs whose errors say the same. */
export interface ShownGroup {
  task: string;
  error: string;
  fingerprint: string;
  count: number;
  first_at: string;
  last_at: string;
  sample_job_id: string;
}

/** `GET /failures`. `more`: there are older ones than the `scanned` newest. */
export interface ShownFailures {
  groups: ShownGroup[];
  scanned: number;
  more: boolean;
}

/** A schedule as it is listed. */
export interface ShownSchedule {
  name: string;
  task: string;
  payload?: unknown;
  cron?: string;
  every_seconds?: number;
  time_zone?: string;
  paused: boolean;
  paused_until?: string;
  source: "code" | "api";
  next_runs: string[];
  last_run?: { slot: string; job_id: string };
  unreadable?: true;
}

/** `GET /schedules`. */
export interface ShownSchedules {
  schedules: ShownSchedule[];
  next_cursor?: string;
}

/** A problem (RFC 9457). Status 0: the API did not answer. */
export interface ApiProblem {
  status: number;
  title: string;
  detail?: string;
  type?: string;
  code?: string;
  errors?: { pointer: string; detail: string }[];
}
