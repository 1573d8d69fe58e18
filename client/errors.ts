import type { Job } from "./job.ts";

/** What is wrong, as a stable code. `unexpected_answer`: the answer did not come from wakeq, or it was cut off. */
export type ErrorCode =
  | "malformed_json"
  | "invalid_job_id"
  | "invalid_query"
  | "invalid_idempotency_key"
  | "unauthorized"
  | "forbidden"
  | "forbidden_origin"
  | "route_not_found"
  | "method_not_allowed"
  | "job_not_found"
  | "schedule_not_found"
  | "job_finished"
  | "job_not_failed"
  | "job_not_pending"
  | "job_running"
  | "unique_conflict"
  | "schedule_in_code"
  | "too_many_schedules"
  | "payload_too_large"
  | "unsupported_media_type"
  | "invalid_request"
  | "unknown_task"
  | "idempotency_key_reused"
  | "rate_limited"
  | "queue_full"
  | "internal"
  | "schema_timeout"
  | "not_configured"
  | "redis_unavailable"
  | "unexpected_answer";

/** A fault in the request: where it is (a JSON pointer, RFC 6901) and what was expected. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** The server answered with an error. Thrown immediately, or after the last resend if a resend could have helped. */
export class WakeqError extends Error {
  override name = "WakeqError";
  readonly status: number;
  /** A newer server may send codes that this type does not list. */
  readonly code: ErrorCode;
  /** An explanation for people; its wording may change. */
  readonly detail: string;
  /** Every fault of an invalid request. Empty for other errors. */
  readonly errors: readonly Fault[];
  /** How long to wait before the next try, if the server said so. */
  readonly retryAfterSeconds: number | undefined;
  /** Whether an earlier try of the same call got no answer, and so may have been carried out before this one was refused. */
  readonly afterLostReply: boolean;

  constructor(answer: {
    status: number;
    code: ErrorCode;
    detail: string;
    errors: readonly Fault[];
    retryAfterSeconds: number | undefined;
    afterLostReply: boolean;
    cause?: unknown;
  }) {
    super(`${answer.status} ${answer.code}: ${answer.detail}`, { cause: answer.cause });
    this.status = answer.status;
    this.code = answer.code;
    this.detail = answer.detail;
    this.errors = answer.errors;
    this.retryAfterSeconds = answer.retryAfterSeconds;
    this.afterLostReply = answer.afterLostReply;
  }
}

/** No try of the call got an answer: it may or may not have been carried out. `cause` is the last failure. */
export class WakeqNetworkError extends Error {
  override name = "WakeqNetworkError";
}

/** The error of a `waitFor` that reached its `timeoutMs`. The job goes on; wait again, or cancel it. */
export class WakeqTimeoutError extends Error {
  override name = "WakeqTimeoutError";
  /** The job as last seen; undefined if it was never seen. */
  readonly job: Job | undefined;

  constructor(message: string, job: Job | undefined) {
    super(message);
    this.job = job;
  }
}

/** The error of a `run` whose job failed or was cancelled. */
export class JobFailedError extends Error {
  override name = "JobFailedError";
  readonly job: Job;

  constructor(job: Job) {
    super(`the job ${job.jobId} (${job.task}) ${job.status === "failed" ? `failed: ${job.error}` : "was cancelled"}`);
    this.job = job;
  }
}
