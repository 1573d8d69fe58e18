/** A fault within the request's body, where it is (RFC 6901) and what was expected. */
export interface Fault {
  pointer: string;
  detail: string;
}

/**
 * Every error that a client may see: its status, and what it means. The code is stable, the text is not.
 * What to do about each: `lib/problem-help.ts`.
 * `lib/http.ts` turns a `Problem` into `application/problem+json` (RFC 9457).
 */
export const problems = {
  malformed_json: { status: 400, title: "The body is not JSON" },
  invalid_job_id: { status: 400, title: "The job id is not a UUID" },
  invalid_query: { status: 400, title: "The query does not fit its schema" },
  invalid_idempotency_key: { status: 400, title: "The Idempotency-Key cannot be used" },
  unauthorized: { status: 401, title: "There is no valid API key with the request" },
  forbidden: { status: 403, title: "The API key may not do this" },
  route_not_found: { status: 404, title: "There is no such route" },
  job_not_found: { status: 404, title: "There is no such job" },
  job_finished: { status: 409, title: "The job has finished" },
  job_not_failed: { status: 409, title: "The job has neither failed nor been cancelled" },
  payload_too_large: { status: 413, title: "The payload is too large" },
  unsupported_media_type: { status: 415, title: "The body must be JSON" },
  invalid_request: { status: 422, title: "The body does not fit its schema" },
  unknown_task: { status: 422, title: "There is no such task" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key came with another body before" },
  rate_limited: { status: 429, title: "Too many requests with this API key" },
  internal: { status: 500, title: "Something went wrong here" },
  not_configured: { status: 503, title: "This deployment is not configured" },
  redis_unavailable: { status: 503, title: "The queue's database is out of reach" },
} as const;

export type ProblemCode = keyof typeof problems;

/** An error with a stable code. `detail` is for the caller; `cause` is for the log alone. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { faults?: readonly Fault[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.name = "Problem";
    this.code = code;
    this.faults = more.faults ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
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

/** What to say of anything that was thrown: `throw` takes any value, so this takes any value. */
export function describe(thrown: unknown): { name: string; message: string } {
  if (thrown instanceof Error) return { name: thrown.name || "Error", message: thrown.message };
  try {
    return {
      name: "NonError",
      message: typeof thrown === "string" ? thrown : (JSON.stringify(thrown) ?? String(thrown)),
    };
  } catch {
    return { name: "NonError", message: Object.prototype.toString.call(thrown) };
  }
}
