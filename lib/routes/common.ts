import { Problem } from "../errors.ts";
import { isJobId } from "../queue/job.ts";
import { invalid } from "../schema/check.ts";

/** Problems of a route whose path names a job. */
export const JOB_ERRORS = ["invalid_job_id", "job_not_found"] as const;

/** Problems of a route that takes jobs. */
export const SUBMIT_ERRORS = [
  "malformed_json",
  "payload_too_large",
  "unsupported_media_type",
  "invalid_request",
  "unknown_task",
  "invalid_idempotency_key",
  "idempotency_key_reused",
  "schema_timeout",
  "queue_full",
] as const;

/** Problems of a route that pauses or resumes. */
export const PAUSE_ERRORS = [
  "malformed_json",
  "payload_too_large",
  "unsupported_media_type",
  "invalid_request",
  "unknown_task",
  "schedule_not_found",
] as const;

/** Problems of a route that changes many jobs. */
export const BULK_ERRORS = [
  "malformed_json",
  "payload_too_large",
  "unsupported_media_type",
  "invalid_request",
] as const;
/** Refuses a body that names both a task and a schedule. @throws Problem `invalid_request` */
export function mustNameOne({ task, schedule }: { task?: string | undefined; schedule?: string | undefined }): void {
  if (task === undefined || schedule === undefined) return;
  throw invalid("invalid_request", [{ pointer: "/schedule", detail: "expected a task or a schedule, got both" }]);
}

/** The longest that a request may wait for a job. Below the 30 s after which API Gateway gives up. */
export const MAX_WAIT_SECONDS = 25;

/** Reads a job's id, in any case. @throws Problem `invalid_job_id` */
export function jobIdOf(text: string | undefined): string {
  const id = (text ?? "").toLowerCase();
  if (!isJobId(id)) throw new Problem("invalid_job_id", "a job id is a UUID, as POST /submit-job answered it");
  return id;
}

/** Makes the problem of a job that is not there. */
export function notFound(id: string): Problem {
  return new Problem("job_not_found", `no job ${id}: it was never accepted, or finished too long ago to be kept`);
}

/** Makes the problem of a job that cannot wait again, because another one holds its unique key. */
export function uniqueConflict(id: string, holder: string): Problem {
  return new Problem("unique_conflict", `the job ${holder} holds the unique key of the job ${id}`);
}
