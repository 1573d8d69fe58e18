import { createHash } from "node:crypto";
import type { App } from "../app/app.ts";
import { describe } from "../errors.ts";
import type { Reply } from "../http/reply.ts";
import type { Job } from "../queue/job.ts";
import type { JobDetails, JobQueue } from "../queue/job-queue.ts";
import { MAX_WAIT_SECONDS, notFound } from "./common.ts";
import { viewOf } from "./view.ts";

/** While a client waits, its job is looked at after this long, and then less and less often: about 14 times in 20 s. */
const FIRST_LOOK_MS = 100;
const SLOWER = 1.6;
const LAST_LOOK_MS = 2_000;

/** Gives the job as soon as it has finished, or after `seconds` as it is then. @throws Problem `job_not_found` */
export async function waitFor({ queue }: App, id: string, seconds: number): Promise<JobDetails> {
  if (seconds > 0) await ends(queue, id, seconds);
  const found = await queue.status(id);
  if (!found) throw notFound(id);
  return found;
}

/**
 * Gives a job that was accepted just now, if it finishes in time; else undefined. The job is accepted whatever happens while its
 * client waits, so a fault of Redis is only logged: a client that heard of it would submit again.
 */
export async function finishedWithin(app: App, id: string, seconds: number): Promise<JobDetails | undefined> {
  try {
    if (!(await ends(app.queue, id, seconds))) return undefined;
    const found = await app.queue.status(id);
    return found && isFinished(found.job) ? found : undefined;
  } catch (error) {
    app.log("warn", "wait_failed", { job_id: id, ...describe(error) });
    return undefined;
  }
}

/**
 * Waits until the job has finished, at most for `seconds`. Returns whether it has. Each look is one command for its record
 * alone: payload, result and errors may have hundreds of kilobytes.
 *
 * @throws Problem `job_not_found`
 */
async function ends(queue: JobQueue, id: string, seconds: number): Promise<boolean> {
  const until = performance.now() + seconds * 1_000;
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * SLOWER, LAST_LOOK_MS)) {
    const job = await queue.job(id);
    if (!job) throw notFound(id);
    const leftMs = until - performance.now();
    if (isFinished(job) || leftMs <= 0) return isFinished(job);
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, leftMs)));
  }
}

/** Reads how many seconds a `Prefer` header (RFC 7240) asks to wait, at most MAX_WAIT_SECONDS. Undefined: none that can be read. */
export function preferredWait(prefer: string | undefined): number | undefined {
  const [, seconds] = prefer?.match(/(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i) ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}

/** Tells whether a job has completed, failed or been cancelled. */
function isFinished(job: Job): boolean {
  return job.finishedAt !== undefined;
}

/** Gives the seconds after which it makes sense to ask again. */
function retryAfterOf(job: Job, now: number): string {
  const waitMs = job.status === "pending" && job.runAt !== undefined ? job.runAt - now : 0;
  return String(Math.min(60, Math.max(1, Math.ceil(waitMs / 1_000))));
}

/** Answers with the job, and with what a client that polls needs: 304 where it has this state already. */
export function statusReply(found: JobDetails, now: number = Date.now(), ifNoneMatch?: string): Reply {
  const { job } = found;
  const body = viewOf(job, found, now);
  const etag = `"${createHash("sha1").update(JSON.stringify(body)).digest("base64url")}"`;
  const headers = {
    etag,
    "cache-control": "private, no-cache",
    ...(isFinished(job) ? {} : { "retry-after": retryAfterOf(job, now) }),
  };
  const has = ifNoneMatch?.split(",").some((tag) => [etag, "*"].includes(tag.trim().replace(/^W\//, "")));
  return has ? { status: 304, headers } : { status: 200, body, headers };
}

/** Answers with how a job ended, for a caller that may not read. */
export function outcomeReply(found: JobDetails): Reply {
  const { job_id, status, result } = viewOf(found.job, found);
  return { status: 200, body: { job_id, status, ...(result === undefined ? {} : { result }) } };
}
