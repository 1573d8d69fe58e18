import { createHash } from "node:crypto";
import { MAX_WAIT_SECONDS } from "./api.ts";
import type { App } from "./app.ts";
import { describe, Problem } from "./errors.ts";
import type { Reply } from "./http.ts";
import type { ClientQueue } from "./queue/client-queue.ts";
import { isJobId, type Job } from "./queue/job.ts";
import { viewOf } from "./view.ts";

export type Found = NonNullable<Awaited<ReturnType<ClientQueue["status"]>>>;

/** The first look again while somebody waits comes after so long, the later ones ever later: about 14 looks in 20 s. */
const FIRST_LOOK_MS = 100;
const SLOWER = 1.6;
const LAST_LOOK_MS = 2_000;

/** @throws Problem `invalid_job_id` */
export function jobIdOf(text: string | undefined): string {
  const id = (text ?? "").toLowerCase();
  if (!isJobId(id)) throw new Problem("invalid_job_id", "a job id is a UUID, as POST /submit-job answered it");
  return id;
}

export function notFound(id: string): Problem {
  return new Problem("job_not_found", `no job ${id}: it was never accepted, or finished too long ago to be kept`);
}

/** The job, as soon as it has finished, or after `seconds` as it is then. One command a look. @throws Problem `job_not_found` */
export async function waitFor({ queue }: App, id: string, seconds: number): Promise<Found> {
  const until = performance.now() + seconds * 1_000;
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * SLOWER, LAST_LOOK_MS)) {
    const found = await queue.status(id);
    if (!found) throw notFound(id);
    const leftMs = until - performance.now();
    if (isFinished(found.job) || leftMs <= 0) return found;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, leftMs)));
  }
}

/**
 * The same for a job that was accepted just now, if it finishes in time; else undefined. The job is ours whatever
 * happens while its client waits, so a fault of Redis is only logged: to hear of one, he would submit it again.
 */
export async function finishedWithin(app: App, id: string, seconds: number): Promise<Found | undefined> {
  try {
    const found = await waitFor(app, id, seconds);
    return isFinished(found.job) ? found : undefined;
  } catch (error) {
    app.log("warn", "wait_failed", { job_id: id, ...describe(error) });
    return undefined;
  }
}

/** Seconds to wait, by a `Prefer` header (RFC 7240): at most MAX_WAIT_SECONDS. Undefined: none, or none that can be read. */
export function preferredWait(prefer: string | undefined): number | undefined {
  const [, seconds] = prefer?.match(/(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i) ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}

export function isFinished(job: Job): boolean {
  return job.finishedAt !== undefined;
}

/** Seconds after which it makes sense to ask again. */
export function retryAfterOf(job: Job): string {
  const waitMs = job.status === "pending" && job.runAt !== undefined ? job.runAt - Date.now() : 0;
  return String(Math.min(60, Math.max(1, Math.ceil(waitMs / 1_000))));
}

/** The job as an answer, with what a client that polls needs: 304 where he has it already. */
export function statusReply({ job, result }: Found, ifNoneMatch?: string): Reply {
  const body = viewOf(job, result);
  const etag = `"${createHash("sha1").update(JSON.stringify(body)).digest("base64url")}"`;
  const headers = {
    ...{ etag, "cache-control": "private, no-cache" },
    ...(isFinished(job) ? {} : { "retry-after": retryAfterOf(job) }),
  };
  const has = ifNoneMatch?.split(",").some((tag) => [etag, "*"].includes(tag.trim().replace(/^W\//, "")));
  return has ? { status: 304, headers } : { status: 200, body, headers };
}
