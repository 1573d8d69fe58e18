import { randomUUID } from "node:crypto";
import type { App } from "../app/app.ts";
import { describe, Problem } from "../errors.ts";
import { fingerprintOf, idsOf } from "../jobs/ids.ts";
import { VALUE_BYTES } from "../jobs/outcome.ts";
import { type Read, readPayload } from "../jobs/payload.ts";
import { createLog, type Log } from "../observability/log.ts";
import { metricFields, SUBMIT_METRICS } from "../observability/metrics.ts";
import { stackOf } from "../observability/stack.ts";
import type { Job, NewJob } from "../queue/job.ts";
import { invalid } from "../schema/check.ts";
import { isPromise } from "../schema/standard.ts";
import { DEFAULT_MAX_RETRIES, type Task, type Tasks } from "../tasks.ts";
import { cut } from "../text.ts";
import type { JobRequest } from "./api.ts";

export interface Submission {
  requests: readonly JobRequest[];
  /** The body as a whole: what an idempotency key stands for. */
  body: unknown;
  idempotencyKey: string | undefined;
  caller: string;
  /** W3C trace context of the request, to be carried to the run. */
  traceparent: string | undefined;
  /** JSON pointer of the i-th request within the body. */
  at(i: number): string;
}

/**
 * Accept jobs, all or none, and wake a worker where that is needed.
 *
 * @returns their ids; `replayed`: an earlier request with the same key had submitted them
 * @throws Problem `unknown_task`, `invalid_request`, `payload_too_large`, `invalid_idempotency_key`, `idempotency_key_reused`,
 *         `schema_timeout`, `queue_full`
 */
export async function submit(
  { queue, wake, log, config }: App,
  tasks: Tasks,
  submission: Submission,
): Promise<{ ids: string[]; replayed: boolean }> {
  const { requests, idempotencyKey, caller } = submission;
  const ids =
    idempotencyKey === undefined ? requests.map(() => randomUUID()) : idsOf(idempotencyKey, caller, requests.length);
  const fingerprint = idempotencyKey === undefined ? undefined : fingerprintOf(submission.body);
  const read = requests.map((request, i) => newJob(ids[i]!, request, tasks, submission.at(i)));
  const made = read.some(isPromise) ? await Promise.all(read) : (read as (NewJob | Problem)[]);
  const jobs = allFit(made, requests, tasks, log).map((job) => ({
    ...job,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(submission.traceparent === undefined ? {} : { traceparent: submission.traceparent }),
  }));

  const { maxWaitingJobs: maxWaiting } = config;
  const submitted = await queue.submit(jobs, { maxWaiting });
  if (submitted.outcome === "full") throw fullQueue(maxWaiting, jobs.length);
  if (submitted.outcome === "exists" && fingerprint !== undefined) refuseOther(submitted.jobs, fingerprint);
  const replayed = submitted.outcome === "exists" && fingerprint !== undefined;
  for (const job of jobs) log("info", "submit", { job_id: job.id, task: job.task, ...(replayed ? { replayed } : {}) });
  if (config.metrics && !replayed)
    createLog("info")("info", "metrics", metricFields(SUBMIT_METRICS, { Submitted: jobs.length }, config.stage));
  if (submitted.wake) await wake({ source: "submit", depth: 0 });
  return { ids, replayed };
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

/** @throws Problem naming the faults of every request */
function allFit(
  made: readonly (NewJob | Problem)[],
  requests: readonly JobRequest[],
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
  throw invalid(code, faults, code === "schema_timeout" ? PASSING : {});
}

function wordsOf(thrown: unknown, isSensitive = false) {
  try {
    const { name, message } = describe(thrown);
    return isSensitive ? { name } : { name, message, stack: thrown instanceof Error ? stackOf(thrown) : undefined };
  } catch {
    return { name: "Error", message: "what the schema threw cannot be read" };
  }
}

/** The payload is stored as it came, and read by its schema again when it runs. A promise only where the schema gives one. */
export function newJob(
  id: string,
  request: JobRequest,
  tasks: Tasks,
  at: string,
): NewJob | Problem | Promise<NewJob | Problem> {
  const task = tasks.get(request.task);
  if (!task) {
    const detail = `there is no task ${JSON.stringify(cut(request.task, 100))}; there are: ${[...tasks.keys()].join(", ") || "none"}`;
    return new Problem("unknown_task", detail, { faults: [{ pointer: `${at}/task`, detail }] });
  }
  const read = readPayload(task, request.payload, `${at}/payload`);
  if (isPromise(read)) return read.then((each) => readJob(id, request, task, at, each));
  return readJob(id, request, task, at, read);
}

/** The schema may wait for a service that answers again in a moment. */
const PASSING = { retryAfterSeconds: 2 };

function readJob(id: string, request: JobRequest, task: Task, at: string, read: Read): NewJob | Problem {
  const { faults = [], thrown, isLate } = { thrown: undefined, isLate: undefined, ...read };
  if (request.delay_seconds !== undefined && request.run_at !== undefined)
    faults.push({ pointer: `${at}/run_at`, detail: "give either delay_seconds or run_at, not both" });
  if (isLate && faults.length === 1) return invalid("schema_timeout", faults, PASSING);
  if (faults.length > 0) return invalid("invalid_request", faults, { cause: thrown });
  const payload = request.payload === undefined ? undefined : JSON.stringify(request.payload);
  const bytes = payload === undefined ? 0 : Buffer.byteLength(payload);
  if (bytes > VALUE_BYTES) {
    const detail = `the payload has ${bytes} bytes, more than the ${VALUE_BYTES} that a job may carry: store it elsewhere and submit where it is`;
    return new Problem("payload_too_large", detail, { faults: [{ pointer: `${at}/payload`, detail }] });
  }
  const when = whenOf(request);
  return {
    id,
    task: task.name,
    priority: request.priority ?? "normal",
    maxRetries: request.max_retries ?? task.maxRetries ?? DEFAULT_MAX_RETRIES,
    createdAt: Date.now(),
    ...(when ? { when } : {}),
    ...(payload === undefined ? {} : { payload }),
    ...(task.sensitive ? { sensitive: true } : {}),
  };
}

function whenOf({ delay_seconds, run_at }: JobRequest): NewJob["when"] {
  if (run_at !== undefined) return { at: Date.parse(run_at) };
  return delay_seconds ? { delayMs: Math.round(delay_seconds * 1_000) } : undefined;
}
