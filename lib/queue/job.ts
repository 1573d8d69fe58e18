export const PRIORITIES = ["high", "normal", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

export const STATUSES = ["pending", "processing", "completed", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

/** How an attempt ended. A released, deferred or snoozed attempt is not listed: it was given back. */
export const OUTCOMES = ["completed", "failed", "lease_expired", "cancelled"] as const;

/** One run of a job that has ended. */
export interface Attempt {
  /** From 1; a redrive begins again at 1. */
  attempt: number;
  outcome: (typeof OUTCOMES)[number];
  startedAt: number;
  endedAt: number;
  worker: string;
  /** False: other jobs ran in the process that crashed, so this attempt was not spent. Absent: it was. */
  counted?: boolean | undefined;
  /** True: the job ran alone, so nothing else can have crashed its process. */
  alone?: boolean | undefined;
  error?: string | undefined;
  /** The first line of the error's message, at most 500 characters. */
  message?: string | undefined;
}

/**
 * A job, as its record tells (`parseRecord`). Instants are ms since the epoch; what does not apply is undefined.
 * `retries` counts the attempts after the first, so the running or next attempt is `retries + 1`.
 */
export interface Job {
  id: string;
  task: string;
  priority: Priority;
  status: Status;
  retries: number;
  maxRetries: number;
  createdAt: number;
  /** When it may run, or since when it waits again (retry, release, redrive). Undefined: at once, since `createdAt`. */
  runAt?: number | undefined;
  startedAt?: number | undefined;
  finishedAt?: number | undefined;
  /** Names the claim that holds it, or that settled it last. Never leaves the server. */
  token?: string | undefined;
  redrive?: string | undefined;
  /** It was cancelled while it ran, and its worker may not know before this: no other attempt begins until then. */
  heldUntil?: number | undefined;
  /** In how many processes it was that crashed, since an attempt of it ended in any other way. Then it is a suspect. */
  crashes?: number | undefined;
  /** It is being run alone. */
  alone?: boolean | undefined;
  /** For how long its attempts have asked to run later, in ms. A redrive begins again at none. */
  snoozedMs?: number | undefined;
  /** Since when it was taken by workers alone that do not know its task, and how often. Undefined: no such worker had it last. */
  unknownSince?: number | undefined;
  unknownTries?: number | undefined;
  /** 0 to 100. */
  progress?: number | undefined;
  note?: string | undefined;
  /** What it holds and says is for `admin` alone. */
  sensitive?: boolean | undefined;
  /** Undefined where there is no payload. */
  payloadBytes?: number | undefined;
  /** The fingerprint of the request that submitted it, where it came with an idempotency key. */
  fingerprint?: string | undefined;
  /** W3C trace context of the submit. */
  traceparent?: string | undefined;
  /** There is something in the place of its record that is none: only id and status are known. */
  unreadable?: boolean | undefined;
  /** The first one and the last few. */
  attempts: Attempt[];
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
  /** As its task said when it was submitted. */
  sensitive?: boolean;
  fingerprint?: string;
  traceparent?: string;
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
