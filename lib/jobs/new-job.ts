import { Problem } from "../errors.ts";
import type { NewJob } from "../queue/job.ts";
import { invalid } from "../schema/check.ts";
import { isPromise } from "../schema/standard.ts";
import { DEFAULT_MAX_RETRIES, type Task, type Tasks } from "../tasks.ts";
import { cut } from "../text.ts";
import type { JobRequest } from "./job-request.ts";
import { VALUE_BYTES } from "./outcome.ts";
import { type ReadPayload, readPayload } from "./payload.ts";

/**
 * Makes a job of a request, or the problem that refuses it. The payload is stored as it came, and its schema reads it again when
 * the job runs. A promise only where the schema gives one.
 */
export function newJob(
  id: string,
  request: JobRequest,
  tasks: Tasks,
  at: string,
): NewJob | Problem | Promise<NewJob | Problem> {
  const task = tasks.get(request.task);
  if (!task) return unknownTask(request.task, tasks, at);
  const read = readPayload(task, request.payload, `${at}/payload`);
  if (isPromise(read)) return read.then((each) => readJob(id, request, task, at, each));
  return readJob(id, request, task, at, read);
}

/** Makes the problem of a task that there is not. `at` is where the request begins in the body. */
export function unknownTask(task: string, tasks: Tasks, at = ""): Problem {
  const detail = `there is no task ${JSON.stringify(cut(task, 100))}; there are: ${[...tasks.keys()].join(", ") || "none"}`;
  return new Problem("unknown_task", detail, { faults: [{ pointer: `${at}/task`, detail }] });
}

/** What a `schema_timeout` tells the caller: the schema may wait for a service that answers again in a moment. */
export const TRY_AGAIN = { retryAfterSeconds: 2 };

function readJob(id: string, request: JobRequest, task: Task, at: string, read: ReadPayload): NewJob | Problem {
  const { faults = [], thrown, isLate } = { thrown: undefined, isLate: undefined, ...read };
  if (request.delay_seconds !== undefined && request.run_at !== undefined)
    faults.push({ pointer: `${at}/run_at`, detail: "give either delay_seconds or run_at, not both" });
  if (isLate && faults.length === 1) return invalid("schema_timeout", faults, TRY_AGAIN);
  if (faults.length > 0) return invalid("invalid_request", faults, { cause: thrown });
  const payload = request.payload === undefined ? undefined : JSON.stringify(request.payload);
  const bytes = payload === undefined ? 0 : Buffer.byteLength(payload);
  if (bytes > VALUE_BYTES) {
    const detail = `the payload has ${bytes} bytes, more than the ${VALUE_BYTES} that a job may carry: store it elsewhere and submit its address`;
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
