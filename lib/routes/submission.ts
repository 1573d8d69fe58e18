import { randomUUID } from "node:crypto";
import type { App } from "../app/app.ts";
import { describe, Problem } from "../errors.ts";
import { fingerprintOf, idsOf } from "../jobs/ids.ts";
import type { JobRequest } from "../jobs/job-request.ts";
import { newJob, TRY_AGAIN } from "../jobs/new-job.ts";
import { createLog, type Log } from "../observability/log.ts";
import { metricFields, SUBMIT_METRICS } from "../observability/metrics.ts";
import { stackOf } from "../observability/stack.ts";
import type { Job, NewJob } from "../queue/job.ts";
import type { Conflicts } from "../queue/job-queue.ts";
import { invalid } from "../schema/check.ts";
import { isPromise } from "../schema/standard.ts";
import { forCallers, type Tasks } from "../tasks.ts";

/** What a client submits in one request. */
export interface Submission {
  requests: readonly JobRequest[];
  /** The body as a whole: what an idempotency key stands for. */
  body: unknown;
  idempotencyKey: string | undefined;
  caller: string;
  /** W3C trace context of the request, which the run gets. */
  traceparent: string | undefined;
  /** The schedule whose jobs they are. */
  schedule?: string;
  /** Gives the JSON pointer of the i-th request within the body. */
  at(i: number): string;
}

/** What a submit did. */
interface SubmittedJobs {
  /** The ids of the jobs; for those in `conflicts`, of the jobs that hold their unique keys. */
  ids: string[];
  /** An earlier request with the same idempotency key had submitted them. */
  replayed: boolean;
  /** The places of the jobs that were not accepted, because others hold their unique keys. */
  conflicts: number[];
}

/**
 * Accepts jobs, all or none, and wakes a worker where that is needed. Jobs whose unique keys others hold are not accepted.
 *
 * @throws Problem `unknown_task`, `invalid_request`, `payload_too_large`, `invalid_idempotency_key`, `idempotency_key_reused`,
 *         `schema_timeout`, `queue_full`
 */
export async function submit(
  { queue, wake, log, config }: App,
  tasks: Tasks,
  submission: Submission,
): Promise<SubmittedJobs> {
  const { requests, idempotencyKey, caller } = submission;
  const ids =
    idempotencyKey === undefined ? requests.map(() => randomUUID()) : idsOf(idempotencyKey, caller, requests.length);
  const fingerprint = idempotencyKey === undefined ? undefined : fingerprintOf(submission.body);
  const read = requests.map((request, i) => newJob(ids[i]!, request, tasks, submission.at(i), queue.clock()));
  const made = read.some(isPromise) ? await Promise.all(read) : (read as (NewJob | Problem)[]);
  const jobs = allFit(made, requests, tasks, log).map((job) => ({
    ...job,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(submission.schedule === undefined ? {} : { schedule: submission.schedule }),
    ...(submission.traceparent === undefined ? {} : { traceparent: submission.traceparent }),
  }));

  const { maxWaitingJobs: maxWaiting } = config;
  const submitted = await queue.submit(jobs, { maxWaiting });
  if (submitted.outcome === "full") throw fullQueue(maxWaiting, jobs.length);
  if (submitted.outcome === "exists" && fingerprint !== undefined) refuseOther(submitted.jobs, fingerprint);
  const replayed = submitted.outcome === "exists" && fingerprint !== undefined;
  const { conflicts: holders = NO_CONFLICTS } = submitted;
  for (const [i, { id, task }] of jobs.entries()) {
    const holder = holders.get(i);
    if (holder !== undefined) log("info", "unique_conflict", { job_id: holder, task });
    else log("info", "submit", { job_id: id, task, ...(replayed ? { replayed } : {}) });
  }
  if (config.metrics && !replayed) {
    const counts = {
      Submitted: jobs.length - holders.size,
      ...(holders.size > 0 ? { UniqueConflicts: holders.size } : {}),
    };
    createLog("info")("info", "metrics", metricFields(SUBMIT_METRICS, counts, config.stage));
  }
  if (submitted.wake) await wake({ source: "submit", depth: 0 });
  return { ids: ids.map((id, i) => holders.get(i) ?? id), replayed, conflicts: [...holders.keys()] };
}

const NO_CONFLICTS: Conflicts = new Map();

/** Makes the reply that one job was accepted, or that another one holds its unique key. */
export function acceptedReply(base: string, submitted: SubmittedJobs) {
  const job_id = submitted.ids[0]!;
  const location = `${base}/job-status/${job_id}`;
  const conflict = submitted.conflicts.length > 0 ? { unique_conflict: true } : {};
  return {
    status: 202,
    body: { job_id, ...conflict },
    headers: { location, "retry-after": "1", ...submissionHeaders(submitted) },
  };
}

/** Makes the headers that say what a submit did other than accept. */
export function submissionHeaders({ replayed, conflicts }: Pick<SubmittedJobs, "replayed" | "conflicts">) {
  return {
    ...(replayed ? { "idempotent-replayed": "true" } : {}),
    ...(conflicts.length > 0 ? { "unique-conflict": "true" } : {}),
  };
}

/** Selects the tasks that a caller may submit: the application itself all of them. */
export function offeredTo(isItself: boolean, tasks: Tasks): Tasks {
  return isItself ? tasks : forCallers(tasks);
}

/** How soon a refused submit may be tried again. */
const RETRY_FULL_SECONDS = 5;

function fullQueue(maxWaiting: number, jobs: number): Problem {
  if (jobs > maxWaiting) {
    const detail = `at most ${maxWaiting} jobs may wait here, and these are ${jobs}: send fewer at a time`;
    return invalid("invalid_request", [{ pointer: "/jobs", detail }]);
  }
  const detail = `at most ${maxWaiting} jobs of a priority, or delayed ones, may wait`;
  return new Problem("queue_full", detail, { retryAfterSeconds: RETRY_FULL_SECONDS });
}

function refuseOther(existing: readonly (Job | undefined)[], fingerprint: string): void {
  if (existing.every((job) => job === undefined || job.fingerprint === fingerprint)) return;
  throw new Problem(
    "idempotency_key_reused",
    "this Idempotency-Key came with another body before; use a new key for a new request",
  );
}

/** Gives the jobs that requests became. @throws Problem naming the faults of every request */
export function allFit(
  made: readonly (NewJob | Problem)[],
  requests: readonly Pick<JobRequest, "task">[],
  tasks: Tasks,
  log: Log,
): NewJob[] {
  const wrong = made.filter((job) => job instanceof Problem);
  for (const [i, { task }] of wrong.length > 0 ? requests.entries() : []) {
    const { cause, code } = made[i] as { cause?: unknown; code?: string };
    if (cause !== undefined) log("error", "schema_threw", { task, ...wordsOf(cause, tasks.get(task)?.sensitive) });
    if (code === "schema_timeout") log("error", "schema_timeout", { task });
  }
  const [first] = wrong;
  if (first === undefined) return made as NewJob[];
  if (wrong.length === 1) throw first;
  const { code } = wrong.every((each) => each.code === first.code) ? first : { code: "invalid_request" as const };
  const faults = wrong.flatMap((each) => each.faults);
  throw invalid(code, faults, code === "schema_timeout" ? TRY_AGAIN : {});
}

function wordsOf(thrown: unknown, isSensitive = false) {
  try {
    const { name, message } = describe(thrown);
    return isSensitive ? { name } : { name, message, stack: thrown instanceof Error ? stackOf(thrown) : undefined };
  } catch {
    return { name: "Error", message: "what the schema threw cannot be read" };
  }
}
