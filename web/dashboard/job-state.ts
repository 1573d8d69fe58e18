import type { Job, ShownAttempt, ShownCounts, ShownState } from "./shapes.ts";

/** The states in the order of a job's life: the list's filters. */
export const STATES: readonly ShownState[] = [
  "waiting",
  "paused",
  "scheduled",
  "retrying",
  "running",
  "completed",
  "failed",
  "cancelled",
];

const FINISHED = new Set<ShownState>(["completed", "failed", "cancelled"]);

/** Returns a job's state: as the API names it, or as it follows from the job. */
export function stateOf(job: Job, now: number): ShownState {
  if (job.state !== undefined) return job.state;
  if (job.status === "processing") return "running";
  if (job.status !== "pending") return job.status;
  if (job.run_at === undefined || Date.parse(job.run_at) <= now) return "waiting";
  return job.retries > 0 ? "retrying" : "scheduled";
}

/**
 * Returns the open job with its state, so that its panel and the list say the same. Only a list knows the state: `row` is the job there,
 * if it shows it. Where the job has changed since, and where no list has it, the state follows from the job and from what is paused.
 */
export function stated(open: Job, row: Job | undefined, counts: ShownCounts | undefined, now: number): Job {
  const isSame = row?.status === open.status && row.retries === open.retries && row.run_at === open.run_at;
  if (!isSame || row.state === undefined) return { ...open, state: likelyState(open, counts, now) };
  return { ...open, state: row.state, ...(row.changed_at === undefined ? {} : { changed_at: row.changed_at }) };
}

/** What is due stays where it is while the queue is paused, and waiting jobs of a paused task are set aside. */
function likelyState(job: Job, counts: ShownCounts | undefined, now: number): ShownState {
  const state = stateOf(job, now);
  if (state !== "waiting") return state;
  const { paused, paused_tasks = [] } = counts ?? {};
  if (paused && job.run_at !== undefined && job.run_at > paused.since)
    return job.retries > 0 ? "retrying" : "scheduled";
  return paused_tasks.some(({ task, parked }) => task === job.task && parked > 0) ? "paused" : "waiting";
}

/** Tells whether a job may still change by itself. */
export const isFinished = (job: Job) => FINISHED.has(job.status as ShownState);

/** Returns how many attempts have begun since the job was submitted, or retried as a whole. */
export function attemptsOf({ status, retries, attempts }: Job): number {
  if (status === "processing") return retries + 1;
  const last = attempts.at(-1);
  // The last attempt of a job that has ended has the number `retries + 1` itself; one that waits has a later one before it.
  const isNew = status === "pending" ? isOfNewRound(retries + 1, last) : retries + 1 < (last?.attempt ?? 0);
  return isNew ? 0 : (last?.attempt ?? 0);
}

/** After these outcomes the next attempt has the next number. After `lease_expired` it may have the same one. */
const COUNTED = new Set(["completed", "failed", "cancelled"]);

/** Tells whether an attempt follows a retry of the whole job, after the attempt before it: numbers begin again at 1. */
export function isOfNewRound(attempt: number, before: ShownAttempt | undefined): boolean {
  if (before === undefined) return false;
  return attempt < before.attempt || (attempt === before.attempt && COUNTED.has(before.outcome));
}

/** Returns the instant that a list shows for a job: when it changed last, or will run. */
export function changedAt(job: Job, now: number): string {
  const state = stateOf(job, now);
  if ((state === "scheduled" || state === "retrying") && job.run_at !== undefined) return job.run_at;
  if (job.changed_at !== undefined) return job.changed_at;
  return job.finished_at ?? (state === "running" ? job.started_at : job.run_at) ?? job.created_at;
}

/** Returns how many jobs wait for a worker. Those of paused tasks do not: they wait for the end of the pause. */
export function waitingIn({ ready, suspects }: Pick<ShownCounts, "ready" | "suspects">): number {
  return Object.values(ready).reduce((sum, each) => sum + each, 0) + suspects;
}

/** Returns how many jobs have a state, where the counts tell. Scheduled and retrying jobs are counted together. */
export function countOf(state: ShownState, stats: ShownCounts): number | undefined {
  if (state === "waiting") return waitingIn(stats);
  if (state === "running") return stats.processing;
  if (state === "paused") return stats.paused_tasks.reduce((sum, each) => sum + each.parked, 0);
  return state === "retrying" ? undefined : stats[state];
}
