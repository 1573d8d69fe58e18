import type { ProblemCode } from "../errors.ts";

type RouteName = string;

/** The words of the documentation alone. They are apart from the routes, so that no function that serves a job carries them. */
export const INTRODUCTION = `A job queue that sleeps for free and wakes on submit.

Submit a job, get its id back immediately, and ask how it is doing. A job runs at least once: give it a payload that does
no harm the second time. Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`; their \`type\` leads to a page
that says what to do.`;

/** The sections of the documentation. */
export const TAGS = [
  { name: "Jobs", description: "Submit, follow, end and repeat work" },
  { name: "Queue", description: "All jobs together" },
  { name: "Service", description: "The deployment itself" },
] as const;

/** The section of each route. */
export const TAG_OF: Record<RouteName, (typeof TAGS)[number]["name"]> = {
  submitJob: "Jobs",
  submitJobs: "Jobs",
  jobStatus: "Jobs",
  cancelJob: "Jobs",
  retryJob: "Jobs",
  listJobs: "Queue",
  queueStats: "Queue",
  health: "Service",
  openapi: "Service",
};

/** Headers of answers, described. */
export const HEADERS = {
  Location: { description: "Where to ask how the job is doing", schema: { type: "string", format: "uri-reference" } },
  "Retry-After": { description: "Seconds after which it makes sense to ask again", schema: { type: "integer" } },
  ETag: { description: "Names this state of the job; send it as `If-None-Match`", schema: { type: "string" } },
  "Idempotent-Replayed": {
    description: "An earlier request with this `Idempotency-Key` had submitted it; nothing was submitted now",
    schema: { const: "true" },
  },
  "Preference-Applied": { description: "How long this request waited, as `wait=10`", schema: { type: "string" } },
  "WWW-Authenticate": { description: "How to show who you are", schema: { const: "Bearer" } },
} as const;

type HeaderName = keyof typeof HEADERS;

/** The headers that an answer has, by route and status. */
export const ANSWER_HEADERS: { [Name in RouteName]?: Record<number, readonly HeaderName[]> } = {
  submitJob: {
    200: ["Location", "ETag", "Idempotent-Replayed", "Preference-Applied"],
    202: ["Location", "Retry-After", "Idempotent-Replayed", "Preference-Applied"],
  },
  submitJobs: { 202: ["Retry-After", "Idempotent-Replayed"] },
  jobStatus: { 200: ["ETag", "Retry-After"], 304: ["ETag", "Retry-After"] },
  retryJob: { 200: ["Retry-After"] },
};

/** The headers that a problem has, by status. */
export const PROBLEM_HEADERS: Record<number, readonly HeaderName[]> = {
  401: ["WWW-Authenticate"],
  429: ["Retry-After"],
  503: ["Retry-After"],
};

/** The descriptions of fields, by the name of their schema. */
export const FIELDS: Record<string, Record<string, string>> = {
  Job: {
    task: "What it runs",
    retries: "Attempts after the first",
    run_at: "When it may run, or since when it waits again. Absent: immediately",
    started_at: "When the attempt that runs, or ran last, began",
    progress: "Percent, as the task reports it",
    note: "What the task says it is doing",
    snoozed_seconds: "How long its attempts have asked to run later, in all. Such an attempt is not counted",
    unknown_since: "Since when it has waited for a worker that knows its task",
    error: "The error of the last attempt that failed",
    payload: "What it was given, unchanged. Only `GET /job-status` and `Prefer: wait` show it",
    result: "What the task returned: any JSON",
    log: "The last 20 lines that its newest attempt logged, at most 8 KB. Shown where the payload is",
    unreadable:
      "What of it cannot be read, because it is damaged or somebody else wrote it. With `record`, all but `job_id` and `status` is empty",
    attempts: "The attempts that have ended: the first and the last few",
  },
  JobError: {
    stack: "Where it came from, a line each, in terms of the sources",
    code: "A code such as `ECONNREFUSED`",
    cause: "What caused it",
    errors: "The errors of an `AggregateError`",
  },
  JobRequest: {
    payload: "What the task gets; an absent one counts as `{}`",
    priority: "High before normal before low; one claim in twenty begins with low, so that nothing waits forever",
    delay_seconds: "Run no sooner than this. Give this or `run_at`, not both",
    run_at: "Run no sooner than this instant, such as `2030-01-31T12:00:00Z`; at most a year from now",
    max_retries: "Attempts after the first",
  },
  QueueStats: {
    ready: "Waiting for a worker, by priority",
    suspects: "Waiting for a worker, to run apart from others: they were in a process that crashed",
    scheduled: "Waiting for their time: a delay, or the pause before a retry",
    oldest_ready_seconds: "How long the oldest ready job has been ready; absent where no job is ready",
    totals:
      "All-time totals: completed, failed, retried, deferred, snoozed, released, cancelled, redriven, lease_expired, missing",
  },
  ListJobsQuery: {
    status: "Only jobs with this status",
    task: "Only jobs of this task. A page may then hold fewer than `limit`, even none",
    cursor: "`next_cursor` of the page before, with the same status and task",
    limit: "The most jobs on a page",
  },
  JobStatusQuery: { wait: "Answer as soon as the job has finished, or after this many seconds" },
};

const JOB_ID = "0b9f1c9e-5d0a-4f2e-9a51-3f6b1f1d7c11";
const job = {
  job_id: JOB_ID,
  task: "send_email",
  status: "pending",
  retries: 0,
  max_retries: 3,
  priority: "normal",
  created_at: "2030-01-31T12:00:00.000Z",
  attempts: [],
};
const attempt = { started_at: "2030-01-31T12:00:00.120Z", ended_at: "2030-01-31T12:00:00.655Z", worker: "w-5f0c" };
const completed = {
  ...job,
  status: "completed",
  started_at: attempt.started_at,
  finished_at: attempt.ended_at,
  result: { message_id: `<${JOB_ID}@wakeq>`, simulated: true },
  attempts: [{ attempt: 1, outcome: "completed", ...attempt }],
};
const waitsForRetry = {
  ...job,
  retries: 1,
  run_at: "2030-01-31T12:00:02.655Z",
  error: "Error: the mail server did not answer",
  attempts: [{ attempt: 1, outcome: "failed", ...attempt, error: "Error", message: "the mail server did not answer" }],
};
const running = {
  ...job,
  task: "count_primes",
  status: "processing",
  started_at: attempt.started_at,
  progress: 42,
  note: "1270607 primes up to 21000000",
};
const cancelled = { ...job, status: "cancelled", finished_at: attempt.ended_at };

/** The payload of the examples: a job's status has it, a list leaves it out. */
const payload = { to: "ada@example.com" };
const failedInDetail = {
  ...waitsForRetry,
  payload,
  log: [{ at: attempt.started_at, message: "connecting", fields: { host: "smtp.example.com" } }],
  attempts: [
    {
      ...waitsForRetry.attempts[0],
      detail: {
        name: "Error",
        message: "the mail server did not answer",
        stack: "    at send (tasks/sendEmail.ts:48:13)",
        cause: { name: "Error", message: "connect ECONNREFUSED 192.0.2.7:587", code: "ECONNREFUSED" },
      },
    },
  ],
};

/** Examples of answers, by route, status and name. */
export const ANSWER_EXAMPLES: { [Name in RouteName]?: Record<number, Record<string, unknown>> } = {
  submitJob: { 200: { completed: { ...completed, payload } }, 202: { accepted: { job_id: JOB_ID } } },
  submitJobs: { 202: { accepted: { job_ids: [JOB_ID, "6f9d2f0a-0c3c-4f0e-8a5e-0a8b7c4f1d22"] } } },
  jobStatus: {
    200: {
      pending: { ...job, payload },
      running,
      waits_for_retry: failedInDetail,
      completed: { ...completed, payload },
    },
  },
  listJobs: { 200: { page: { jobs: [running, completed], next_cursor: "WyIiLCIiLDRd" }, last_page: { jobs: [] } } },
  cancelJob: { 200: { cancelled } },
  retryJob: { 200: { pending: { ...waitsForRetry, retries: 0 } } },
  queueStats: {
    200: {
      busy: {
        ready: { high: 0, normal: 12, low: 3 },
        suspects: 0,
        scheduled: 2,
        processing: 8,
        completed: 5120,
        failed: 4,
        cancelled: 1,
        oldest_ready_seconds: 0.8,
        totals: { completed: 90210, failed: 17, retried: 311, cancelled: 9, lease_expired: 2 },
      },
    },
  },
  health: { 200: { pass: { status: "pass" } } },
};

/** Details that say more than what to do (`lib/http/problem-help.ts`), and where the faults are. */
export const PROBLEM_EXAMPLES: { [Code in ProblemCode]?: { detail: string; pointer?: string } } = {
  invalid_query: { detail: "expected number to be <=100", pointer: "/limit" },
  invalid_request: { detail: "email address", pointer: "/payload/to" },
  unknown_task: { detail: 'there is no task "mail"; there are: send_email, http_request', pointer: "/task" },
  route_not_found: { detail: "there is no GET /openapi.json: DOCS is off" },
  forbidden: { detail: "this needs the scope admin" },
  rate_limited: { detail: "shop may submit 100 jobs in 60 s; any other request counts as one" },
};
