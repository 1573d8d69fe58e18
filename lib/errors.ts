import { cut } from "./text.ts";

/** One thing that is wrong in a request: where (a JSON pointer, RFC 6901), and what was expected. */
export interface Fault {
  pointer: string;
  detail: string;
}

/**
 * Every error that a caller may see: its status, and what it means. The code is stable, the text is not.
 * What to do about each: `lib/http/problem-help.ts`.
 * `lib/http/reply.ts` turns a `Problem` into `application/problem+json` (RFC 9457).
 */
export const problems = {
  malformed_json: { status: 400, title: "The body is not JSON" },
  invalid_job_id: { status: 400, title: "The job id is not a UUID" },
  invalid_query: { status: 400, title: "The query does not fit its schema" },
  invalid_idempotency_key: { status: 400, title: "The Idempotency-Key cannot be used" },
  unauthorized: { status: 401, title: "There is no valid API key with the request" },
  forbidden: { status: 403, title: "The API key may not do this" },
  forbidden_origin: { status: 403, title: "A page of another origin may not call this" },
  route_not_found: { status: 404, title: "There is no such route" },
  job_not_found: { status: 404, title: "There is no such job" },
  schedule_not_found: { status: 404, title: "There is no such schedule" },
  method_not_allowed: { status: 405, title: "The route does not take this method" },
  job_finished: { status: 409, title: "The job has finished" },
  job_not_pending: { status: 409, title: "The job is not waiting" },
  job_running: { status: 409, title: "The job is running" },
  job_not_failed: { status: 409, title: "The job has neither failed nor been cancelled" },
  unique_conflict: { status: 409, title: "Another job holds the unique key" },
  schedule_in_code: { status: 409, title: "The schedule is declared in code" },
  too_many_schedules: { status: 409, title: "There are too many schedules" },
  payload_too_large: { status: 413, title: "The payload is too large" },
  unsupported_media_type: { status: 415, title: "The body must be JSON" },
  invalid_request: { status: 422, title: "The body does not fit its schema" },
  unknown_task: { status: 422, title: "There is no such task" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key came with another body before" },
  rate_limited: { status: 429, title: "Too many jobs or requests with this API key" },
  queue_full: { status: 429, title: "Too many jobs wait already" },
  internal: { status: 500, title: "Something went wrong here" },
  schema_timeout: { status: 503, title: "The task's schema did not answer" },
  not_configured: { status: 503, title: "This deployment is not configured" },
  redis_unavailable: { status: 503, title: "The queue's database is out of reach" },
} as const;

/** What a caller hears of a fault of ours. */
export const OUR_FAULT = "Something failed on our side. The log of this deployment says what.";

/** The headers of every answer with a problem. A browser must not take it for anything else. */
export const PROBLEM_HEADERS = {
  "content-type": "application/problem+json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

/** The stable code of a problem. */
export type ProblemCode = keyof typeof problems;

/** Makes the members that every problem has (RFC 9457). `path` is what was asked for, `base` where the API is mounted. */
export function problemBody(code: ProblemCode, detail: string, path: string, base = "") {
  const { status, title } = problems[code];
  return { type: `${base}/problems/${code}`, title, status, code, detail, instance: base + path };
}

/** An error with a stable code. `detail` is for the caller; `cause` is for the log alone. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;
  /** Further headers of the answer, names in lower case. */
  readonly headers: Record<string, string>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      faults?: readonly Fault[];
      retryAfterSeconds?: number;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.name = "Problem";
    this.code = code;
    this.faults = more.faults ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.headers = more.headers ?? {};
  }
}

/** A wrong setting. The message names every wrong one. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * Redis answered with an error, or not at all. `unreachable`: no answer came, so the command may or may not have run;
 * every script is written so that sending it again is safe.
 */
export class RedisError extends Error {
  override name = "RedisError";
  readonly unreachable: boolean;

  constructor(message: string, more: { unreachable: boolean; cause?: unknown }) {
    super(message, { cause: more.cause });
    this.unreachable = more.unreachable;
  }
}

/** The longest text that `describe` gives, in characters. */
const DESCRIBED_CHARACTERS = 10_000;

/**
 * Describes anything that was thrown: `throw` takes any value, so this does too, and it never throws itself. It keeps the name
 * and the message wherever there is one: also of an error of another realm (a vm context), which is no `Error` of ours, and of
 * `{ message }`. Anything else is a `NonError`, and its message shows the value.
 */
export function describe(thrown: unknown): { name: string; message: string } {
  try {
    const named = isObject(thrown) ? nameOf(thrown) : "NonError";
    return { name: named, message: cut(messageOf(thrown), DESCRIBED_CHARACTERS) };
  } catch {
    return { name: isErrorLike(thrown) ? "Error" : "NonError", message: "what was thrown cannot be read" };
  }
}

/** Tells whether a value is an error, of this realm or another. Never throws. */
export function isErrorLike(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
  } catch {
    return false; // a proxy
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function nameOf(thrown: Record<string, unknown>): string {
  const isError = isErrorLike(thrown);
  const name = isError || isText(thrown.message) ? thrown.name : undefined;
  return isText(name) || typeof name === "number" ? String(name) : isError ? "Error" : "NonError";
}

function messageOf(thrown: unknown): string {
  if (!isObject(thrown)) return textOf(thrown);
  const { message, code } = thrown;
  if (isText(message)) return message;
  if (message === "" && isText(code)) return code; // as Node's AggregateError of a connection that was refused twice
  return isErrorLike(thrown) ? textOf(message) : textOf(thrown);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/**
 * Writes a value as JSON where that says something, else as the console would show it, but not deep: Node ties a promise or a timer to the
 * attempt that made it, and a deep look would show the job's payload and token.
 */
function textOf(value: unknown): string {
  if (!isObject(value) && typeof value !== "function") return String(value);
  if (value instanceof Promise) return "a promise: is an await missing?";
  const json = jsonOf(value);
  if (json !== undefined && json !== "{}") return json;
  const { inspect } = process.getBuiltinModule("node:util");
  return inspect(value, {
    depth: 1,
    customInspect: false,
    maxStringLength: DESCRIBED_CHARACTERS,
    breakLength: Infinity,
  });
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a circle, a bigint, a toJSON that throws
  }
}
