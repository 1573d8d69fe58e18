import {
  type Job,
  type NewJob,
  OUTCOMES,
  type PastAttempt,
  PRIORITIES,
  type Priority,
  STATUSES,
  type Status,
} from "./job.ts";
import { uniqueOf } from "./unique-key.ts";

/** The format that this version writes, and the only one that it reads. */
const FORMAT = 1;

/**
 * A payload up to this lies in its job's record; a larger one has a key of its own. Within the record it costs 60 to 140
 * bytes less of memory and one command less of a claim, but each script copies it. Redis' CPU for a job's life, within the
 * record against a key of its own: 22 and 24 µs with 128 bytes, 25 and 26 with 384, 29 and 29 with 512, 38 and 32 with 1,024.
 */
const INLINE_BYTES = 512;

/** The longest record (scripts/parts/state.lua): we write none that is longer. */
const MOST_BYTES = 256 * 1024;

/** A record as it stands in Redis, snake_case. Fields that are not named here belong to a later version, and stay. */
interface JobRecord {
  v: typeof FORMAT;
  status: Status;
  retries: number;
  run_at?: number;
  started_at?: number;
  finished_at?: number;
  token?: string;
  redrive?: string;
  held_until?: number;
  crashes?: number;
  alone?: boolean;
  snoozed?: number;
  unknown_since?: number;
  unknown_tries?: number;
  /** The job fails if no attempt has begun by then. */
  expires_at?: number;
  /** How the job holds its unique key, and the key's hash: "f:…" until it has finished, "s:…" until it starts ("S:…": it has), "t:…" for a time. */
  unique?: string;
  progress?: number;
  note?: string;
  job_id: string;
  /** The length of a payload that has a key of its own. */
  payload_bytes?: number;
  task: string;
  /** Absent: normal. Nearly every job has it, and the 20 bytes would make a size class of Redis' memory. */
  priority?: Priority;
  max_retries: number;
  created_at: number;
  /** The schedule that made it, and the slot that it is the job of. */
  schedule?: string;
  slot?: number;
  fingerprint?: string;
  traceparent?: string;
  /** Absent: no. */
  sensitive?: true;
  /** JSON text. */
  payload?: string;
  attempts?: AttemptRecord[];
}

interface AttemptRecord {
  attempt: number;
  outcome: PastAttempt["outcome"];
  started_at: number;
  ended_at: number;
  worker: string;
  /** Absent: true, and false. */
  counted?: boolean;
  alone?: boolean;
  error?: string;
  message?: string;
}

type FieldCheck = (value: unknown) => boolean;
type FieldChecks<T> = { [field in keyof T]-?: FieldCheck };

const isText: FieldCheck = (value) => typeof value === "string";
const isNumber: FieldCheck = Number.isFinite;
const isBoolean: FieldCheck = (value) => typeof value === "boolean";
const oneOf = (words: readonly unknown[]) => (value: unknown) => words.includes(value);
const optional = (check: FieldCheck) => (value: unknown) => value === undefined || check(value);

// By hand and not with zod: a claim reads a hundred records, and schemas took one of the eight microseconds that a job costs.
const ATTEMPT = Object.entries({
  attempt: isNumber,
  outcome: oneOf(OUTCOMES),
  started_at: isNumber,
  ended_at: isNumber,
  worker: isText,
  counted: optional(isBoolean),
  alone: optional(isBoolean),
  error: optional(isText),
  message: optional(isText),
} satisfies FieldChecks<AttemptRecord>);
const RECORD = Object.entries({
  v: oneOf([FORMAT]),
  status: oneOf(STATUSES),
  retries: isNumber,
  run_at: optional(isNumber),
  started_at: optional(isNumber),
  finished_at: optional(isNumber),
  token: optional(isText),
  redrive: optional(isText),
  held_until: optional(isNumber),
  crashes: optional(isNumber),
  alone: optional(isBoolean),
  snoozed: optional(isNumber),
  unknown_since: optional(isNumber),
  unknown_tries: optional(isNumber),
  expires_at: optional(isNumber),
  unique: optional(isText),
  progress: optional(isNumber),
  note: optional(isText),
  job_id: isText,
  payload_bytes: optional(isNumber),
  task: isText,
  priority: optional(oneOf(PRIORITIES)),
  max_retries: isNumber,
  created_at: isNumber,
  schedule: optional(isText),
  slot: optional(isNumber),
  fingerprint: optional(isText),
  traceparent: optional(isText),
  sensitive: optional(oneOf([true])),
  payload: optional(isText),
  attempts: optional((value) => Array.isArray(value) && value.every((each) => fits(ATTEMPT, each))),
} satisfies FieldChecks<JobRecord>);

function fits(shape: [string, FieldCheck][], value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (const [field, check] of shape) if (!check((value as Record<string, unknown>)[field])) return false;
  return true;
}

/**
 * Writes the record of a new job (scripts/parts/state.lua). `runAt`: ms since the epoch, where it may not run immediately;
 * `expiresAt`, where no attempt may begin from then on.
 */
export function recordOf(job: NewJob, { runAt, expiresAt }: Pick<Job, "runAt" | "expiresAt"> = {}): string {
  const inline = isInline(job.payload);
  return JSON.stringify({
    v: FORMAT,
    status: "pending",
    retries: 0,
    run_at: runAt,
    expires_at: expiresAt,
    unique: job.unique && uniqueOf(job.unique),
    job_id: job.id,
    payload_bytes: inline ? undefined : Buffer.byteLength(job.payload ?? ""), // scripts look for it here
    task: job.task,
    priority: job.priority === "normal" ? undefined : job.priority,
    max_retries: job.maxRetries,
    created_at: job.createdAt,
    schedule: job.schedule,
    slot: job.slot,
    fingerprint: job.fingerprint,
    traceparent: job.traceparent,
    sensitive: job.sensitive || undefined,
    payload: inline ? job.payload : undefined,
  });
}

/** Tells whether the payload lies in the record. True also where there is none. */
export function isInline(payload: string | undefined): boolean {
  return payload === undefined || Buffer.byteLength(payload) <= INLINE_BYTES;
}

/** Reads a record. Undefined where the text is no record of this format: evicted, or written by somebody else. */
export function parseJob(text: string | null | undefined): Job | undefined {
  return parseRecord(text)?.job;
}

/** Reads a record with its payload, as JSON text, where that lies in the record. */
export function parseRecord(text: string | null | undefined): { job: Job; payload?: string } | undefined {
  if (!text || isTooLong(text)) return undefined;
  let record: JobRecord;
  try {
    const value: unknown = JSON.parse(text);
    if (!fits(RECORD, value)) return undefined;
    record = value as JobRecord;
  } catch {
    return undefined;
  }
  const job = jobOf(record);
  return record.payload === undefined ? { job } : { job, payload: record.payload };
}

function isTooLong(text: string): boolean {
  return text.length > MOST_BYTES / 4 && Buffer.byteLength(text) > MOST_BYTES;
}

function jobOf(record: JobRecord): Job {
  const { payload } = record;
  return {
    id: record.job_id,
    task: record.task,
    priority: record.priority ?? "normal",
    status: record.status,
    retries: record.retries,
    maxRetries: record.max_retries,
    createdAt: record.created_at,
    schedule: record.schedule,
    slot: record.slot,
    runAt: record.run_at,
    startedAt: record.started_at,
    finishedAt: record.finished_at,
    token: record.token,
    redrive: record.redrive,
    heldUntil: record.held_until,
    crashes: record.crashes,
    alone: record.alone,
    snoozedMs: record.snoozed,
    unknownSince: record.unknown_since,
    unknownTries: record.unknown_tries,
    expiresAt: record.expires_at,
    unique: record.unique,
    progress: record.progress,
    note: record.note,
    payloadBytes: payload === undefined ? record.payload_bytes : Buffer.byteLength(payload),
    fingerprint: record.fingerprint,
    traceparent: record.traceparent,
    sensitive: record.sensitive,
    attempts: [...(record.attempts ?? []).map(attemptOf), ...completedAttempt(record)],
  };
}

/** Takes the fields that it knows: whether another may be shown, only a later version knows. */
function attemptOf(record: AttemptRecord): PastAttempt {
  const { attempt, outcome, started_at: startedAt, ended_at: endedAt, worker, counted, alone, error, message } = record;
  return { attempt, outcome, startedAt, endedAt, worker, counted, alone, error, message };
}

/** Makes the entry of the attempt that completed, which the record does without: its head has all of it. */
function completedAttempt({ status, retries, started_at, finished_at, token = "" }: JobRecord): PastAttempt[] {
  if (status !== "completed" || started_at === undefined || finished_at === undefined) return [];
  const worker = token.replace(/\.[^.]*$/, "");
  return [{ attempt: retries + 1, outcome: "completed", startedAt: started_at, endedAt: finished_at, worker }];
}
