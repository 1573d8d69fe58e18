export const PRIORITIES = ["high", "normal", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

export const STATUSES = ["pending", "processing", "completed", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

/** How an attempt ended. A released attempt is not listed: it was given back. */
export const OUTCOMES = ["completed", "failed", "lease_expired", "cancelled"] as const;

/** One run of a job that has ended. */
export interface Attempt {
  /** From 1; a redrive begins anew. */
  attempt: number;
  outcome: (typeof OUTCOMES)[number];
  started_at: number;
  ended_at: number;
  worker: string;
  error?: string | undefined;
  message?: string | undefined;
}

/**
 * A job's record as it stands in Redis. Instants are ms since the epoch; what does not apply is absent.
 * `retries` counts the attempts after the first, so the running or next attempt is `retries + 1`.
 */
export interface Job {
  status: Status;
  retries: number;
  /** When it may run, or since when it waits again (retry, release, redrive). Absent: at once, since `created_at`. */
  run_at?: number | undefined;
  started_at?: number | undefined;
  finished_at?: number | undefined;
  /** Names the claim that holds it, or that settled it last. Never leaves the server. */
  token?: string | undefined;
  redrive?: string | undefined;
  /** 0 to 100. */
  progress?: number | undefined;
  note?: string | undefined;
  job_id: string;
  payload_bytes?: number | undefined;
  task: string;
  priority: Priority;
  max_retries: number;
  created_at: number;
  /** Of the request that submitted it, where it came with an idempotency key. */
  fingerprint?: string | undefined;
  /** W3C trace context of the submit. */
  traceparent?: string | undefined;
  /** The first one and the last few. */
  attempts?: Attempt[] | undefined;
}

type Check = (value: unknown) => boolean;
type Shape<T> = { [field in keyof T]-?: Check };

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const oneOf = (words: readonly unknown[]) => (value: unknown) => words.includes(value);
const optional = (check: Check) => (value: unknown) => value === undefined || check(value);

// By hand and not with zod: a claim reads a hundred records, and schemas were a microsecond of the eight that a job costs.
const ATTEMPT = Object.entries({
  ...{ attempt: isNumber, outcome: oneOf(OUTCOMES), started_at: isNumber, ended_at: isNumber, worker: isText },
  ...{ error: optional(isText), message: optional(isText) },
} satisfies Shape<Attempt>);
const JOB = Object.entries({
  ...{ status: oneOf(STATUSES), retries: isNumber, job_id: isText, task: isText, priority: oneOf(PRIORITIES) },
  ...{ max_retries: isNumber, created_at: isNumber, payload_bytes: optional(isNumber) },
  ...{ run_at: optional(isNumber), started_at: optional(isNumber), finished_at: optional(isNumber) },
  ...{ token: optional(isText), redrive: optional(isText), progress: optional(isNumber), note: optional(isText) },
  ...{ fingerprint: optional(isText), traceparent: optional(isText) },
  attempts: optional((value) => Array.isArray(value) && value.every((each) => fits(ATTEMPT, each))),
} satisfies Shape<Job>);

function fits(shape: [string, Check][], value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (const [field, check] of shape) if (!check((value as Record<string, unknown>)[field])) return false;
  return true;
}

/** Undefined where the text is no record: evicted, or written by somebody else. */
export function parseJob(text: string | null | undefined): Job | undefined {
  if (!text) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return fits(JOB, value) ? withLastAttempt(value as Job) : undefined;
  } catch {
    return undefined;
  }
}

/** What the entry of an attempt that completed would say is in the head already: the record does without. */
function withLastAttempt(job: Job): Job {
  const { status, retries, started_at, finished_at, token } = job;
  if (status !== "completed" || started_at === undefined || finished_at === undefined) return job;
  if (job.attempts?.at(-1)?.outcome === "completed") return job; // a record of an earlier version has it
  const worker = token?.replace(/\.[^.]*$/, "") ?? "";
  const last = { attempt: retries + 1, outcome: "completed" as const, started_at, ended_at: finished_at, worker };
  return { ...job, attempts: [...(job.attempts ?? []), last] };
}

/** How long a claimed job had been ready before its claim. The clock of the submit counts too, until it was ready anew. */
export function waitMs({ created_at, run_at = created_at, started_at = run_at }: Job): number {
  return Math.max(0, started_at - run_at);
}

/** A job to submit. */
export interface NewJob {
  /** A UUID, lower case. */
  id: string;
  task: string;
  priority: Priority;
  maxRetries: number;
  createdAt: number;
  /** At once where absent. A delay counts from the moment at which Redis accepts the job. */
  when?: { delayMs: number } | { at: number };
  /** JSON text, handed to the task as it is. */
  payload?: string;
  fingerprint?: string;
  traceparent?: string;
}

/** The record of a job that may run at once (scripts/record.lua). */
export function recordOf(job: NewJob): string {
  return JSON.stringify({
    status: "pending",
    retries: 0,
    job_id: job.id,
    payload_bytes: job.payload === undefined ? undefined : Buffer.byteLength(job.payload), // looked for in this place
    task: job.task,
    priority: job.priority,
    max_retries: job.maxRetries,
    created_at: job.createdAt,
    fingerprint: job.fingerprint,
    traceparent: job.traceparent,
  });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isJobId(text: string): boolean {
  return UUID.test(text);
}

const YEAR_MS = 365 * 24 * 3_600_000;

/** What Lua and a zset can hold, whatever a task's backoff made of it: NaN is no wait, and Infinity a year. */
export function wholeMs(ms: number): number {
  return Math.min(Math.max(0, Math.round(ms) || 0), YEAR_MS);
}
