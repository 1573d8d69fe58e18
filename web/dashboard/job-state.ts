import type { Job, ShownCounts, ShownState } from "./shapes.ts";

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

/** Tells whether a job may still change by itself. */
export const isFinished = (job: Job) => FINISHED.has(job.status as ShownState);

/** Returns how many attempts have begun. */
export function attemptsOf(job: Job): number {
  const begun = job.status === "processing" ? job.retries + 1 : 0;
  return Math.max(begun, job.attempts.at(-1)?.attempt ?? 0);
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
