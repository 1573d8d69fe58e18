import { type Fault, Problem } from "../errors.ts";
import type { NewJob } from "../queue/job.ts";
import { invalid } from "../schema/check.ts";
import { isPromise } from "../schema/standard.ts";
import { DEFAULT_MAX_RETRIES, type Task, type Tasks } from "../tasks.ts";
import { cut } from "../text.ts";
import type { JobRequest } from "./job-request.ts";
import { VALUE_BYTES } from "./outcome.ts";
import { type ReadPayload, readPayload } from "./payload.ts";
import { readUnique } from "./unique.ts";
import { YEAR_SECONDS } from "./when.ts";

/**
 * Makes a job of a request, or the problem that refuses it. The payload is stored as it came, and its schema reads it again when
 * the job runs. `now`: the queue's time, ms since the epoch. A promise only where the schema gives one.
 */
export function newJob(
  id: string,
  request: JobRequest,
  tasks: Tasks,
  at: string,
  now: number = Date.now(),
): NewJob | Problem | Promise<NewJob | Problem> {
  const task = tasks.get(request.task);
  if (!task) return unknownTask(request.task, tasks, at);
  const read = readPayload(task, request.payload, `${at}/payload`);
  const made = (each: ReadPayload) => readJob({ id, request, task, at, now }, each);
  return isPromise(read) ? read.then(made) : made(read);
}

/** Makes the problem of a task that there is not. `at` is where the request begins in the body. */
export function unknownTask(task: string, tasks: Tasks, at = ""): Problem {
  const detail = `there is no task ${JSON.stringify(cut(task, 100))}; there are: ${[...tasks.keys()].join(", ") || "none"}`;
  return new Problem("unknown_task", detail, { faults: [{ pointer: `${at}/task`, detail }] });
}

/** What a `schema_timeout` tells the caller: the schema may wait for a service that answers again in a moment. */
export const TRY_AGAIN = { retryAfterSeconds: 2 };

interface Making {
  id: string;
  request: JobRequest;
  task: Task;
  at: string;
  now: number;
}

function readJob({ id, request, task, at, now }: Making, read: ReadPayload): NewJob | Problem {
  const { faults = [], thrown, isLate } = { thrown: undefined, isLate: undefined, ...read };
  if (request.delay_seconds !== undefined && request.run_at !== undefined)
    faults.push({ pointer: `${at}/run_at`, detail: "give either delay_seconds or run_at, not both" });
  for (const fault of [runAtFault(request, at, now), expiryFault(request, at, now)]) if (fault) faults.push(fault);
  if (isLate && faults.length === 1) return invalid("schema_timeout", faults, TRY_AGAIN);
  if (faults.length > 0) return invalid("invalid_request", faults, { cause: thrown });
  const payload = request.payload === undefined ? undefined : JSON.stringify(request.payload);
  const bytes = payload === undefined ? 0 : Buffer.byteLength(payload);
  if (bytes > VALUE_BYTES) {
    const detail = `the payload has ${bytes} bytes, more than the ${VALUE_BYTES} that a job may carry: store it elsewhere and submit its address`;
    return new Problem("payload_too_large", detail, { faults: [{ pointer: `${at}/payload`, detail }] });
  }
  const uniqueness = readUnique(task, request.unique, "input" in read ? read.input : undefined, at);
  if (uniqueness.faults) return invalid("invalid_request", uniqueness.faults, { cause: uniqueness.thrown });
  const { unique } = uniqueness;
  const when = whenOf(request);
  const expires = expiryOf(request, task);
  return {
    id,
    task: task.name,
    priority: request.priority ?? "normal",
    maxRetries: request.max_retries ?? task.maxRetries ?? DEFAULT_MAX_RETRIES,
    createdAt: now,
    ...(when ? { when } : {}),
    ...(expires ? { expires } : {}),
    ...(unique ? { unique } : {}),
    ...(payload === undefined ? {} : { payload }),
    ...(task.sensitive ? { sensitive: true } : {}),
  };
}

function whenOf({ delay_seconds, run_at }: JobRequest): NewJob["when"] {
  if (run_at !== undefined) return { at: Date.parse(run_at) };
  return delay_seconds ? { delayMs: Math.round(delay_seconds * 1_000) } : undefined;
}

function runAtFault({ run_at }: JobRequest, at: string, now: number): Fault | undefined {
  if (run_at === undefined || Date.parse(run_at) <= now + YEAR_SECONDS * 1_000) return undefined;
  return { pointer: `${at}/run_at`, detail: "expected an instant at most a year from now" };
}

/** Says why a job would expire before it may run. Where the request names no limit, the task's own begins when the job may run. */
function expiryFault(
  { delay_seconds = 0, run_at, expires_seconds }: JobRequest,
  at: string,
  now: number,
): Fault | undefined {
  if (expires_seconds === undefined) return undefined;
  const waitSeconds = run_at === undefined ? delay_seconds : (Date.parse(run_at) - now) / 1_000;
  if (expires_seconds > waitSeconds) return undefined;
  const detail = `expected more than ${run_at === undefined ? "delay_seconds" : "the time until run_at"}: the job would expire before it may run`;
  return { pointer: `${at}/expires_seconds`, detail };
}

function expiryOf({ expires_seconds }: JobRequest, { expiresSeconds }: Task): NewJob["expires"] {
  if (expires_seconds !== undefined) return { afterMs: Math.max(1, expires_seconds * 1_000), from: "submit" };
  return expiresSeconds === undefined ? undefined : { afterMs: Math.max(1, expiresSeconds * 1_000), from: "run" };
}
