import type { ProblemCode } from "../errors.ts";

/** What to do about each problem: the text of the page to which its `type` leads. */
export const problemHelp: Record<ProblemCode, string> = {
  malformed_json: "Send one JSON object, UTF-8, nested at most 100 levels deep. The detail says where it breaks.",
  invalid_job_id: "Use the job_id from the answer to POST /submit-job.",
  invalid_query:
    "Each entry of errors names a parameter and what was expected. A cursor works only with the filters of the request that gave it.",
  invalid_idempotency_key: "Send 1 to 255 printable ASCII characters; a UUID will do.",
  unauthorized: "Send Authorization: Bearer KEY. Those who run this deployment make keys with npm run key.",
  forbidden: "The detail names the scope that is needed. Ask for a key that has it.",
  forbidden_origin:
    "Without API_KEYS only this machine's own programs and pages get in. Call it as 127.0.0.1 or localhost (or list the name in ALLOWED_HOSTS), list the page's origin in CORS_ORIGINS, and send application/json.",
  route_not_found: "GET /openapi.json lists every route.",
  method_not_allowed: "The header Allow of the answer names the methods that this path takes.",
  job_not_found:
    "Jobs that finished are forgotten after a while: 24 hours, or 7 days for failed ones, unless it is set otherwise.",
  schedule_not_found: "GET /schedules lists every schedule. Names are case-sensitive.",
  job_finished: "A job that completed or failed cannot be cancelled any more.",
  job_not_failed: "Only failed and cancelled jobs can be retried. Submit a new job to do completed work again.",
  job_not_pending:
    "Only a job that waits can be run now. Retry one that failed or was cancelled; submit a new one to do completed work again.",
  job_running:
    "Cancel it first. Its worker hears of that within half a lease, 15 seconds unless it is set otherwise; then it can be deleted.",
  unique_conflict:
    "The detail names the job that holds the key now. Wait until that job releases the key, or cancel it. A submit is not refused for this: it answers 202 with that job's id.",
  schedule_in_code:
    "The application declares it in the option schedules of defineQueue: change it there. It can be read, run, paused and resumed from here.",
  too_many_schedules:
    "A queue has at most 10,000 schedules. Delete some, or submit jobs with a delay in place of a schedule for each.",
  payload_too_large:
    "A payload may have 256 KiB, a body 1 MiB, a batch 4 MiB. Store what is larger elsewhere, and submit its address.",
  unsupported_media_type: "Send Content-Type: application/json.",
  invalid_request:
    "Each entry of errors points into the body (a JSON pointer) and says what was expected there. A number that JavaScript would change must be sent as a string. Nothing was accepted.",
  unknown_task: "The detail names the tasks that this deployment has for callers.",
  idempotency_key_reused: "A key stands for one request. Use a new one for a new request.",
  rate_limited:
    "Wait for as many seconds as Retry-After says. Each job of a batch counts, and any other request counts as one.",
  queue_full:
    "Nothing was accepted. Send it again after Retry-After: workers must first run some of the jobs that wait (MAX_WAITING_JOBS).",
  internal: "Tell those who run this deployment: its log says what went wrong.",
  schema_timeout:
    "Nothing was accepted: send the request again after Retry-After. The task's schema is waiting for something that does not answer; the deployment's log names the task.",
  not_configured:
    "The log of this deployment says which settings are missing or wrong. Without API_KEYS it refuses to serve.",
  redis_unavailable:
    "Nothing was acknowledged: send the request again after Retry-After. With an Idempotency-Key that is safe.",
};
