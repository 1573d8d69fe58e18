import type { Job } from "../queue/job.ts";
import type { JobDetails } from "../queue/job-queue.ts";
import type { JobState } from "../queue/places.ts";
import { untilOf } from "../queue/unique-key.ts";
import { cut } from "../text.ts";
import type { JobView, ListedJobView } from "./described/job-view.ts";
import { detailed, type PartName, readDetails } from "./details.ts";
import { rfc3339 } from "./instant.ts";

/**
 * Shows a job as a client sees it: no token, instants as RFC 3339, the last error on top. `beside`: what to show besides the record.
 * `now`: the queue's time, ms since the epoch.
 */
export function viewOf(job: Job, beside: Omit<JobDetails, "job"> = {}, now: number = Date.now()): JobView {
  const { startedAt, finishedAt, runAt, attempts } = job;
  const { payload, result, log, unreadable } = readDetails(beside);
  const lost: PartName[] = job.unreadable ? ["record"] : unreadable;
  const lastError = attempts.findLast(({ error }) => error !== undefined);
  return {
    job_id: job.id,
    task: job.task,
    status: job.status,
    retries: job.retries,
    max_retries: job.maxRetries,
    priority: job.priority,
    created_at: rfc3339(job.createdAt),
    ...(job.schedule === undefined ? {} : { schedule: job.schedule }),
    ...(job.slot === undefined ? {} : { slot: rfc3339(job.slot) }),
    ...(runAt === undefined ? {} : { run_at: rfc3339(runAt) }),
    ...(startedAt === undefined ? {} : { started_at: rfc3339(startedAt) }),
    ...(finishedAt === undefined ? {} : { finished_at: rfc3339(finishedAt) }),
    ...(job.progress === undefined ? {} : { progress: job.progress }),
    ...(job.note === undefined ? {} : { note: job.note }),
    ...(job.snoozedMs === undefined ? {} : { snoozed_seconds: job.snoozedMs / 1_000 }),
    ...(job.unknownSince === undefined || job.status !== "pending"
      ? {} // the claim keeps it, for a worker that does not know the task either
      : { unknown_since: rfc3339(job.unknownSince) }),
    ...(job.expiresAt === undefined ? {} : { expires_at: rfc3339(job.expiresAt) }),
    ...(isExpired(job, now) ? { expired: true } : {}),
    ...(job.traceparent === undefined ? {} : { trace_id: traceIdOf(job.traceparent) }),
    ...(job.unique === undefined ? {} : { unique: untilOf(job.unique) }),
    ...(lastError === undefined ? {} : { error: lineOf(lastError) }),
    ...(payload === undefined ? {} : { payload }),
    ...(result === undefined ? {} : { result }),
    ...(log === undefined ? {} : { log: log.map(({ at, ...line }) => ({ at: rfc3339(at), ...line })) }),
    ...(lost.length === 0 ? {} : { unreadable: lost }),
    attempts: detailed(attempts, beside).map(({ startedAt, endedAt, detail, ...attempt }) => ({
      ...attempt,
      started_at: rfc3339(startedAt),
      ended_at: rfc3339(endedAt),
      ...(detail === undefined ? {} : { detail }),
    })),
  };
}

/** Returns the id of a trace: the second of the four parts of a `traceparent`. */
function traceIdOf(traceparent: string): string {
  return traceparent.split("-")[1] ?? traceparent;
}

/** Tells whether a job waits that will never run: the next worker that takes it fails it. */
function isExpired({ status, expiresAt }: Job, now: number): boolean {
  return status === "pending" && expiresAt !== undefined && expiresAt <= now;
}

function lineOf({ error, message }: Job["attempts"][number]): string {
  return message === undefined ? String(error) : `${error}: ${message}`;
}

/** Leaves out what a caller may not see: of a sensitive task's job all that it was given, logged, threw or returned. */
export function shownTo(isAdmin: boolean, found: JobDetails): JobDetails {
  if (isAdmin || !found.job.sensitive) return found;
  const { note: _, attempts, ...job } = found.job;
  return { job: { ...job, attempts: attempts.map(({ message: _, ...attempt }) => attempt) } };
}

/** The longest error message in a list, in characters: a page of 100 jobs must stay well below the 6 MB that Lambda answers with. */
const BRIEF_CHARACTERS = 500;

/** Shows a job in a list: what it is doing, and since when. */
export function listedView(job: Job, state: JobState, now: number = Date.now()): ListedJobView {
  return { ...briefOf(job, now), state, changed_at: rfc3339(changedAt(job, state)) };
}

/** Says when a job changed last, as far as its record tells: a snooze leaves no instant. */
function changedAt({ createdAt, runAt, startedAt, finishedAt, attempts }: Job, state: JobState): number {
  if (finishedAt !== undefined) return finishedAt;
  if (state === "running") return startedAt ?? createdAt;
  if (state === "waiting" || state === "paused") return runAt ?? createdAt;
  return Math.max(createdAt, attempts.at(-1)?.endedAt ?? 0);
}

/** Shows a job in a list: long error messages are cut. */
function briefOf({ attempts, ...job }: Job, now: number): JobView {
  const brief = attempts.map(({ message, ...attempt }) => ({
    ...attempt,
    ...(message === undefined ? {} : { message: shortened(message) }),
  }));
  return viewOf({ ...job, attempts: brief }, {}, now);
}

function shortened(text: string): string {
  return text.length > BRIEF_CHARACTERS ? `${cut(text, BRIEF_CHARACTERS)}…` : text;
}
