import { isFinished, isOfNewRound } from "./job-state.ts";
import type { Job, ShownAttempt } from "./shapes.ts";

/** A stretch of a job's life: it waited for a worker, ran, waited for its time, or had ended until somebody retried it. */
export interface Segment {
  kind: "waited" | "ran" | "backoff" | "scheduled" | "ended" | "unknown";
  from: number;
  to: number;
  /** The number of the attempt that ran. After a retry of the whole job, numbers begin again at 1. */
  attempt?: number;
  outcome?: string;
  /** The attempt that ran, where it has ended. */
  past?: ShownAttempt;
}

/** After these outcomes a job is held back for a while. */
const HELD_AFTER = new Set(["failed", "deferred", "snoozed", "lease_expired"]);

/** Cuts a job's life, from its creation to its end or to `now`, into what it did. A long history has forgotten attempts in its middle. */
export function segmentsOf(job: Job, now: number): Segment[] {
  const segments: Segment[] = [];
  let at = Date.parse(job.created_at);
  let before: ShownAttempt | undefined;
  const add = (kind: Segment["kind"], to: number, more: Omit<Segment, "kind" | "from" | "to"> = {}) => {
    if (to > at) segments.push({ kind, from: at, to, ...more });
    at = Math.max(at, to);
  };
  const addGap = (to: number, attempt: number) => {
    const first = isOfNewRound(attempt, before) ? 1 : (before?.attempt ?? 0) + 1;
    if (attempt > first) return add("unknown", to);
    if (isOfNewRound(attempt, before)) return add("ended", to);
    add(before !== undefined && HELD_AFTER.has(before.outcome) ? "backoff" : "waited", to);
  };
  for (const past of job.attempts) {
    const { attempt, outcome } = past;
    addGap(Date.parse(past.started_at), attempt);
    add("ran", Math.max(Date.parse(past.ended_at), at + 1), { attempt, outcome, past });
    before = past;
  }
  const next = job.retries + 1;
  const runAt = job.run_at === undefined ? at : Date.parse(job.run_at);
  if (job.status === "processing" && job.started_at !== undefined) {
    addGap(Date.parse(job.started_at), Math.min(next, (before?.attempt ?? 0) + 1));
    add("ran", now, { attempt: next, outcome: "running" });
  } else if (job.status === "pending") {
    add(isOfNewRound(next, before) ? "ended" : before ? "backoff" : "scheduled", runAt);
    add("waited", now);
  } else if (isFinished(job) && job.finished_at !== undefined) add("waited", Date.parse(job.finished_at));
  return segments;
}
