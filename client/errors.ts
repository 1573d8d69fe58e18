import type { Job } from "./job.ts";

/** What is wrong, in a word that stays the same. `unexpected_answer`: it did not come from wakeq, or is cut off. */
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
  | "job_finished"
  | "job_not_failed"
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

/** A fault within what was sent: where (RFC 6901) and what was expected. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** The server answered with an error. Thrown immediately, or after the last resend where a resend could have helped. */
export class WakeqError extends Error {
  override name = "WakeqError";
  readonly status: number;
  /** A newer server may say words that this list does not hold. */
  readonly code: ErrorCode;
  /** For a person; its wording may change. */
  readonly detail: string;
  /** Every fault of a request that is invalid. Else empty. */
  readonly errors: readonly Fault[];
  /** When it makes sense to try again, where the server said so. */
  readonly retryAfterSeconds: number | undefined;
  /** An earlier try of the same call got no answer, so it may have been carried out before this one was refused. */
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

/** No answer came, however often it was sent: the call may or may not have been carried out. `cause` is the last failure. */
export class WakeqNetworkError extends Error {
  override name = "WakeqNetworkError";
}

/** `waitFor` reached its `timeoutMs`. The job goes on; wait again, or cancel it. */
export class WakeqTimeoutError extends Error {
  override name = "WakeqTimeoutError";
  /** As it was seen last; absent where it was never seen. */
  readonly job: Job | undefined;

  constructor(message: string, job: Job | undefined) {
    super(message);
    this.job = job;
  }
}

/** `run` waited for a job that failed or was cancelled. */
export class JobFailedError extends Error {
  override name = "JobFailedError";
  readonly job: Job;

  constructor(job: Job) {
    super(`the job ${job.jobId} (${job.task}) ${job.status === "failed" ? `failed: ${job.error}` : "was cancelled"}`);
    this.job = job;
  }
}
