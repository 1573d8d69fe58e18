import type { Log } from "../observability/log.ts";
import type { JobView } from "./described/job-view.ts";

const MOST_NOTED = 1_000;
const noted = new Set<string>();

/** Logs that a job, or something of it, cannot be read: once for each job and process, however often it is asked for. */
export function noteUnreadable(log: Log, { job_id, unreadable }: Pick<JobView, "job_id" | "unreadable">): void {
  if (!unreadable || noted.has(job_id)) return;
  if (noted.size === MOST_NOTED) noted.clear();
  noted.add(job_id);
  log("warn", "unreadable", { job_id, parts: unreadable });
}
