import type { UniqueKey } from "./unique-key.ts";

/** The first one is claimed first. */
export const PRIORITIES = ["high", "normal", "low"] as const;
/** The priority of a job: among ready jobs, the higher one is claimed first. */
export type Priority = (typeof PRIORITIES)[number];

/** The statuses of a job. The last three are final, until a failed or cancelled job is put back. */
export const STATUSES = ["pending", "processing", "completed", "failed", "cancelled"] as const;
/** The status of a job. One that waits is `pending`, also while it is scheduled. */
export type Status = (typeof STATUSES)[number];

/** How an attempt ended. A released, deferred or snoozed attempt is not listed: it was given back. */
export const OUTCOMES = ["completed", "failed", "lease_expired", "cancelled"] as const;

/** One run of a job that has ended, as its history keeps it. */
export interface PastAttempt {
  /** From 1; a redrive begins again at 1. */
  attempt: number;
  outcome: (typeof OUTCOMES)[number];
  startedAt: number;
  endedAt: number;
  worker: string;
  /** False: other jobs ran in the process that crashed, so this attempt does not count. Absent: it does. */
  counted?: boolean | undefined;
  /** True: the job ran alone, so nothing else can have crashed its process. */
  alone?: boolean | undefined;
  error?: string | undefined;
  /** The first line of the error's message, at most 500 characters. */
  message?: string | undefined;
}

/**
 * A job, as its record says (`parseRecord`). Instants are ms since the epoch; what does not apply is undefined.
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
  /** The name of the schedule that made it. */
  schedule?: string | undefined;
  /** The slot of the schedule that it is the job of. Undefined also where the schedule was run by hand. */
  slot?: number | undefined;
  /** When it may run, or since when it waits again (retry, release, redrive). Undefined: since `createdAt`. */
  runAt?: number | undefined;
  startedAt?: number | undefined;
  finishedAt?: number | undefined;
  /** Names the claim that holds it, or that settled it last. Never leaves the server. */
  token?: string | undefined;
  /** Names the request that put it back last. */
  redrive?: string | undefined;
  /** It was cancelled while it ran, and its worker may not know that before then: no other attempt begins until then. */
  heldUntil?: number | undefined;
  /** How many processes crashed with it since an attempt of it last ended in another way. Above 0 it is a suspect. */
  crashes?: number | undefined;
  /** It is being run alone. */
  alone?: boolean | undefined;
  /** How long its attempts have asked to run later, in all, in ms. A redrive begins again at 0. */
  snoozedMs?: number | undefined;
  /** Since when only workers that do not know its task have taken it. Undefined: the last worker knew its task. */
  unknownSince?: number | undefined;
  /** How many such workers have taken it. */
  unknownTries?: number | undefined;
  /** If no attempt has begun by then, it fails. Undefined: it does not expire, or an attempt has begun. */
  expiresAt?: number | undefined;
  /** How it holds its unique key, and the key's hash (record.ts). Kept when it lets go of it. */
  unique?: string | undefined;
  /** 0 to 100. */
  progress?: number | undefined;
  note?: string | undefined;
  /** Its payload, result, log and error messages are for `admin` alone. */
  sensitive?: boolean | undefined;
  /** Undefined where there is no payload. */
  payloadBytes?: number | undefined;
  /** The fingerprint of the request that submitted it, where it came with an idempotency key. */
  fingerprint?: string | undefined;
  /** W3C trace context of the submit. */
  traceparent?: string | undefined;
  /** Something that is no record is in the place of its record: only id and status are known. */
  unreadable?: boolean | undefined;
  /** Those that have ended: the first and the last few. */
  attempts: PastAttempt[];
}

/** A job to submit. */
export interface NewJob {
  /** A UUID, lower case. */
  id: string;
  task: string;
  priority: Priority;
  maxRetries: number;
  createdAt: number;
  /** Absent: immediately. A delay counts from the moment at which Redis accepts the job. */
  when?: { delayMs: number } | { at: number };
  /** How long it may wait for its first attempt, from when Redis accepts it or from when it may run. Absent: any time. */
  expires?: { afterMs: number; from: "submit" | "run" };
  /** Absent: any number of such jobs may wait. */
  unique?: UniqueKey;
  /** JSON text, handed to the task as it is. */
  payload?: string;
  /** As its task said when it was submitted. */
  sensitive?: boolean;
  /** The name of the schedule that makes it, and the slot (ms since the epoch) where it is the job of one. */
  schedule?: string;
  slot?: number;
  fingerprint?: string;
  traceparent?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Tells whether a text is a UUID in lower case. */
export function isJobId(text: string): boolean {
  return UUID.test(text);
}

const YEAR_MS = 365 * 24 * 3_600_000;

/** Rounds a delay to what Lua and a zset can hold: NaN counts as no wait, and nothing is longer than a year. */
export function wholeMs(ms: number): number {
  return Math.min(Math.max(0, Math.round(ms) || 0), YEAR_MS);
}

/** Makes what a list shows where a record cannot be read: its id, its status, and that it is unreadable. */
export function unreadableJob(id: string, status: Status): Job {
  return {
    id,
    status,
    task: "",
    priority: "normal",
    retries: 0,
    maxRetries: 0,
    createdAt: 0,
    attempts: [],
    unreadable: true,
  };
}
