import { isFinished } from "./job-state.ts";
import type { Job } from "./shapes.ts";

/** A stretch of a job's life: it waited for a worker, ran, or waited for its time. */
export interface Segment {
  kind: "waited" | "ran" | "backoff" | "scheduled" | "unknown";
  from: number;
  to: number;
  /** The attempt that ran, or that a backoff followed. */
  attempt?: number;
  outcome?: string;
}

/** After these outcomes a job is held back for a while. */
const HELD_AFTER = new Set(["failed", "deferred", "snoozed", "lease_expired"]);

/** Cuts a job's life, from its creation to its end or to `now`, into what it did. A long history has forgotten attempts in its middle. */
export function segmentsOf(job: Job, now: number): Segment[] {
  const segments: Segment[] = [];
  let at = Date.parse(job.created_at);
  let before: { attempt: number; outcome: string } | undefined;
  const add = (kind: Segment["kind"], to: number, more: Pick<Segment, "attempt" | "outcome"> = {}) => {
    if (to > at) segments.push({ kind, from: at, to, ...more });
    at = Math.max(at, to);
  };
  const addGap = (to: number, attempt: number) => {
    if (attempt > (before?.attempt ?? 0) + 1) return add("unknown", to);
    const isHeld = before !== undefined && HELD_AFTER.has(before.outcome);
    add(isHeld ? "backoff" : "waited", to, before && isHeld ? { attempt: before.attempt } : {});
  };
  for (const { attempt, outcome, started_at, ended_at } of job.attempts) {
    addGap(Date.parse(started_at), attempt);
    add("ran", Math.max(Date.parse(ended_at), at + 1), { attempt, outcome });
    before = { attempt, outcome };
  }
  if (job.status === "processing" && job.started_at !== undefined) {
    const attempt = job.retries + 1;
    addGap(Date.parse(job.started_at), Math.min(attempt, (before?.attempt ?? 0) + 1));
    add("ran", now, { attempt, outcome: "running" });
  } else if (job.status === "pending") {
    const runAt = job.run_at === undefined ? at : Date.parse(job.run_at);
    add(before ? "backoff" : "scheduled", runAt, before ? { attempt: before.attempt } : {});
    add("waited", now);
  } else if (isFinished(job) && job.finished_at !== undefined) add("waited", Date.parse(job.finished_at));
  return segments;
}
