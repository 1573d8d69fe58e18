import { waitingIn } from "./job-state.ts";
import type { ViewPlace } from "./place.ts";
import type { ApiProblem, ShownCounts } from "./shapes.ts";

/** An answer that a place shows. */
export interface Need {
  path: string;
  /** The least time between two fetches of it while the queue changes, in ms: longer for what costs more. */
  restMs: number;
}

/** The path of the counts, which every view shows. */
export const COUNTS = "queue-stats";

const LIMIT = 50;
/** How old an answer may be although nothing says that the queue has changed, in ms: a second net, which costs as many commands as the questions. */
export const OLDEST_MS = 120_000;

/** Returns the paths of the answers that a place shows. The counts come first: every view shows them. */
export function needsOf({ view, query }: ViewPlace): Need[] {
  const needs: Need[] = [{ path: COUNTS, restMs: 0 }];
  if (view === "overview") {
    const range = query.range ?? "hour";
    needs.push({ path: `history?range=${range}`, restMs: range === "hour" ? 2_000 : 15_000 });
    needs.push({ path: "failures", restMs: 15_000 }, { path: "schedules", restMs: 15_000 });
  }
  if (view === "jobs") needs.push({ path: jobsPath(query), restMs: 0 });
  if (view === "failures") needs.push({ path: failuresPath(query), restMs: 5_000 });
  if (view === "schedules") needs.push({ path: schedulesPath(query), restMs: 0 });
  if (query.job !== undefined) needs.push({ path: jobPath(query.job), restMs: 0 });
  return needs;
}

/** On a quiet queue, one of this number of questions also asks for the totals. */
const LOOKS_AT_TOTALS = 3;

/**
 * Returns the path of the question whether anything has changed, by the counts as they are now and how many were asked before. Where no
 * job runs or can begin it costs one command, and two now and then, in place of three: a submit is seen with the next question, a job
 * that is cancelled or retried with one of the next three.
 */
export function pulsePath(counts: ShownCounts | undefined, before: number): string {
  if (counts === undefined || mayRun(counts)) return "pulse";
  return before % LOOKS_AT_TOTALS === 0 ? "pulse?look=totals" : "pulse?look=keys";
}

/** Tells whether a job runs, or may begin although nobody submits, retries or resumes anything. */
function mayRun({ processing, paused, next_due_seconds: due = Infinity, ...counts }: ShownCounts): boolean {
  return processing > 0 || (paused === undefined && (waitingIn(counts) > 0 || due <= 0));
}

/** Returns the path of a page of jobs. */
export function jobsPath({ status, task, priority, id, cursor }: ViewPlace["query"]): string {
  return withParameters("jobs", { status, task, priority, id, cursor, limit: String(LIMIT) });
}

/** Returns the path of a job. */
export const jobPath = (id: string) => `job-status/${encodeURIComponent(id)}`;

/** Returns the path of the groups of failures. */
export const failuresPath = ({ task, since }: ViewPlace["query"]) => withParameters("failures", { task, since });

/** Returns the path of a page of schedules. */
export const schedulesPath = ({ cursor }: ViewPlace["query"]) => withParameters("schedules", { cursor });

function withParameters(path: string, given: Record<string, string | undefined>): string {
  const kept = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return kept.length === 0 ? path : `${path}?${new URLSearchParams(kept)}`;
}

/** What is known of an answer: the queue's tag before it was fetched, when that was (ms), and why there is none. */
export interface Fetched {
  tag: string | undefined;
  at: number;
  problem?: ApiProblem;
}

/** How long the page waits after a fault before it asks again, in ms. */
export const FAULT_MS = 6_000;

/** Tells whether a problem may go away by itself. What does not exist or cannot be asked for is an answer like any other. */
export const mayPass = ({ status }: ApiProblem) => status !== 400 && status !== 404;

/** Tells whether an answer has to be fetched: it is unknown, the queue has changed since, it is old, or the last fetch failed. */
export function isDue({ restMs }: Need, known: Fetched | undefined, tag: string | undefined, now: number): boolean {
  if (known === undefined) return true;
  const age = now - known.at;
  const hasChanged = tag === undefined || known.tag !== tag;
  const hasFailed = known.problem !== undefined && mayPass(known.problem);
  return age >= OLDEST_MS || (hasFailed && age >= FAULT_MS) || (hasChanged && age >= restMs);
}
