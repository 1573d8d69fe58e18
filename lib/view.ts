import type { JobView } from "./api.ts";
import type { Job } from "./queue/job.ts";
import { cut } from "./text.ts";

/** What a client sees of a job: no token, instants as RFC 3339, the last error on top. `result` is JSON text. */
export function viewOf(job: Job, result?: string): JobView {
  const { startedAt, finishedAt, runAt, attempts } = job;
  const lastError = attempts.findLast(({ error }) => error !== undefined);
  return {
    job_id: job.id,
    task: job.task,
    status: job.status,
    retries: job.retries,
    max_retries: job.maxRetries,
    priority: job.priority,
    created_at: rfc3339(job.createdAt),
    ...(runAt === undefined ? {} : { run_at: rfc3339(runAt) }),
    ...(startedAt === undefined ? {} : { started_at: rfc3339(startedAt) }),
    ...(finishedAt === undefined ? {} : { finished_at: rfc3339(finishedAt) }),
    ...(job.progress === undefined ? {} : { progress: job.progress }),
    ...(job.note === undefined ? {} : { note: job.note }),
    ...(job.snoozedMs === undefined ? {} : { snoozed_seconds: job.snoozedMs / 1_000 }),
    ...(lastError === undefined ? {} : { error: `${lastError.error}: ${lastError.message ?? ""}` }),
    ...(result === undefined ? {} : { result: JSON.parse(result) as unknown }),
    attempts: attempts.map(({ startedAt, endedAt, ...attempt }) => ({
      ...attempt,
      started_at: rfc3339(startedAt),
      ended_at: rfc3339(endedAt),
    })),
  };
}

/** Of the message of an error in a list: a page of 100 jobs must stay well below the 6 MB that Lambda answers with. */
const BRIEF_CHARACTERS = 500;

/** The same in a list: long messages of errors are cut. */
export function briefOf({ attempts, ...job }: Job): JobView {
  const brief = attempts.map(({ message, ...attempt }) => ({
    ...attempt,
    ...(message === undefined ? {} : { message: shortened(message) }),
  }));
  return viewOf({ ...job, attempts: brief });
}

function shortened(text: string): string {
  return text.length > BRIEF_CHARACTERS ? `${cut(text, BRIEF_CHARACTERS)}…` : text;
}

/** The last instant that RFC 3339 can write. A record of an earlier version may hold a later one. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function rfc3339(ms: number): string {
  return new Date(Math.min(ms, LAST_INSTANT)).toISOString();
}
