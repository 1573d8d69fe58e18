import type { App } from "../app/app.ts";
import { Problem } from "../errors.ts";
import { invalid } from "../schema/check.ts";

/**
 * Refuses a caller that is known to have used up its allowance: before the body is read, and without a command.
 *
 * @throws Problem `rate_limited`
 */
export function refuseKnown({ config, queue }: App, caller: string): void {
  if (config.rateLimit) mayGoOn(caller, config.rateLimit, queue.knownWait(caller, config.rateLimit));
}

/**
 * Counts a request against its caller's allowance: as many as it has jobs, else one.
 *
 * @throws Problem `rate_limited`; `invalid_request` where no allowance is large enough
 */
export async function count({ config, queue }: App, caller: string, body?: unknown): Promise<void> {
  const rule = config.rateLimit;
  if (!rule) return;
  const jobs = jobsIn(body);
  if (jobs > rule.jobs) {
    const detail = `${caller} may submit ${rule.jobs} jobs in ${rule.periodMs / 1_000} s: send fewer at a time`;
    throw invalid("invalid_request", [{ pointer: "/jobs", detail }]);
  }
  mayGoOn(caller, rule, await queue.limit(caller, rule, jobs));
}

/** Counts the jobs in a body. One with a list of jobs is a batch. */
function jobsIn(body: unknown): number {
  const jobs = (body as { jobs?: unknown } | undefined)?.jobs;
  return Array.isArray(jobs) ? jobs.length : 1;
}

function mayGoOn(caller: string, { jobs, periodMs }: NonNullable<App["config"]["rateLimit"]>, waitMs: number): void {
  if (waitMs === 0) return;
  const retryAfterSeconds = Math.ceil(waitMs / 1_000);
  const detail = `${caller} may submit ${jobs} jobs in ${periodMs / 1_000} s; any other request counts as one`;
  throw new Problem("rate_limited", detail, { retryAfterSeconds });
}
