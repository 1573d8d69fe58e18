import * as z from "zod/mini";
import type { ProblemCode } from "../errors.ts";
import { route } from "../http/route.ts";
import { JobRequest } from "../jobs/job-request.ts";
import { once } from "../once.ts";
import { PRIORITIES, STATUSES } from "../queue/job.ts";
import { AttemptView, LogLineView } from "./detail-views.ts";
import { PARTS } from "./details.ts";

export type { Route } from "../http/route.ts";

/** Problems that any route may answer. */
export const COMMON_ERRORS = [
  "forbidden_origin",
  "internal",
  "not_configured",
  "redis_unavailable",
] as const satisfies ProblemCode[];
/** Problems that any route with a scope may answer. */
export const SCOPED_ERRORS = ["unauthorized", "forbidden", "rate_limited"] as const satisfies ProblemCode[];

/** The most jobs in one request. */
const MAX_BATCH = 100;
/** The longest that a request may wait for a job. Below the 30 s after which API Gateway gives up. */
export const MAX_WAIT_SECONDS = 25;

const instant = once(() => z.iso.datetime());

/** What a client sees of a job. */
export const JobView = once(() =>
  z.object({
    job_id: z.uuid(),
    task: z.string(),
    status: z.enum(STATUSES),
    /** Attempts after the first. */
    retries: z.int(),
    max_retries: z.int(),
    priority: z.enum(PRIORITIES),
    created_at: instant(),
    /** When it may run, or since when it waits again. Absent: immediately. */
    run_at: z.optional(instant()),
    started_at: z.optional(instant()),
    finished_at: z.optional(instant()),
    /** 0 to 100. */
    progress: z.optional(z.number()),
    note: z.optional(z.string()),
    snoozed_seconds: z.optional(z.number()),
    unknown_since: z.optional(instant()),
    /** The error of the last attempt that failed. */
    error: z.optional(z.string()),
    /** Unchanged. Lists leave it out, and so do answers about a change. */
    payload: z.optional(z.unknown()),
    result: z.optional(z.unknown()),
    /** The last lines that its newest attempt logged; left out as the payload is. */
    log: z.optional(z.array(LogLineView())),
    /** The parts of it that cannot be read. */
    unreadable: z.optional(z.array(z.enum(PARTS))),
    attempts: z.array(AttemptView()),
  }),
);
export type JobView = z.infer<ReturnType<typeof JobView>>;

/** What a caller sees of its job that may submit but not read. */
export const OutcomeView = once(() =>
  z.object({ job_id: z.uuid(), status: z.enum(STATUSES), result: z.optional(z.unknown()) }),
);
/** Either of them. */
export const FinishedView = once(() => z.union([JobView(), OutcomeView()]));

/** How many jobs are where. */
export const QueueStatsView = once(() =>
  z.object({
    ready: z.object({ high: z.int(), normal: z.int(), low: z.int() }),
    suspects: z.int(),
    scheduled: z.int(),
    processing: z.int(),
    completed: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    /** For how long the oldest ready job has been ready; absent where none is. */
    oldest_ready_seconds: z.optional(z.number()),
    /** All-time totals: completed, failed, retried, deferred, snoozed, released, cancelled, redriven, lease_expired, missing. */
    totals: z.record(z.string(), z.int()),
  }),
);
export type QueueStatsView = z.infer<ReturnType<typeof QueueStatsView>>;

const whole = (least: number, most: number) => z.coerce.number().check(z.int(), z.gte(least), z.lte(most));
const WaitQuery = once(() => z.strictObject({ wait: z.optional(whole(0, MAX_WAIT_SECONDS)) }));
const ListQuery = once(() =>
  z.strictObject({
    status: z.optional(z.enum(STATUSES)),
    task: z.optional(z.string()),
    cursor: z.optional(z.string()),
    limit: z._default(whole(1, 100), 50),
  }),
);

const BODY_ERRORS = ["malformed_json", "payload_too_large", "unsupported_media_type", "invalid_request"] as const;
const SUBMIT_ERRORS = [
  ...BODY_ERRORS,
  "unknown_task",
  "invalid_idempotency_key",
  "idempotency_key_reused",
  "schema_timeout",
  "queue_full",
] as const;
const JOB_ERRORS = ["invalid_job_id", "job_not_found"] as const;

const IDEMPOTENCY = {
  "Idempotency-Key":
    "Makes sending this again safe: the same key and body answer with the same job. 1 to 255 printable ASCII characters.",
};
const ACCEPTED =
  "Accepted; `Location` says where to ask, `Retry-After` when. `Idempotent-Replayed: true` where it was accepted before";

/** Every route of the API, by name. */
export const routes = {
  submitJob: route({
    name: "submitJob",
    method: "POST",
    path: "/submit-job",
    summary: "Accept a job; it runs later",
    scope: "submit",
    body: JobRequest,
    headers: {
      ...IDEMPOTENCY,
      Prefer: "`wait=10`: answer 200 with the job if it finishes within this many seconds, at most 25.",
    },
    answers: {
      200: {
        description:
          "It finished while you waited (`Prefer: wait=…`). A key without the scope `read` gets its id, status and result alone",
        schema: FinishedView,
      },
      202: { description: ACCEPTED, schema: () => z.object({ job_id: z.uuid() }) },
    },
    errors: SUBMIT_ERRORS,
  }),
  submitJobs: route({
    name: "submitJobs",
    method: "POST",
    path: "/submit-jobs",
    summary: "Accept up to 100 jobs, all or none",
    scope: "submit",
    body: once(() => z.strictObject({ jobs: z.array(JobRequest()).check(z.minLength(1), z.maxLength(MAX_BATCH)) })),
    bodyBytes: 4 * 1024 * 1024,
    headers: IDEMPOTENCY,
    answers: { 202: { description: ACCEPTED, schema: () => z.object({ job_ids: z.array(z.uuid()) }) } },
    errors: SUBMIT_ERRORS,
  }),
  jobStatus: route({
    name: "jobStatus",
    method: "GET",
    path: "/job-status/{job_id}",
    summary: "How a job is doing",
    scope: "read",
    query: WaitQuery,
    headers: { "If-None-Match": "The `ETag` of an earlier answer: 304 if nothing has changed." },
    answers: {
      200: {
        description:
          "The job, with payload, result, log lines and whole errors; those of a sensitive task for the scope `admin` alone. `Retry-After` until it has finished",
        schema: JobView,
      },
      304: { description: "Nothing has changed" },
    },
    errors: [...JOB_ERRORS, "invalid_query"],
  }),
  listJobs: route({
    name: "listJobs",
    method: "GET",
    path: "/jobs",
    summary: "Jobs, status by status, the newest first",
    scope: "read",
    query: ListQuery,
    answers: {
      200: {
        description:
          "A page; `next_cursor` where there is another. A job that moves between two pages (it is claimed, retried, ends) may appear twice or be missed; one that stays appears once. A page may hold fewer than `limit` (it ends after 2 MB of records), with `task` even none. Long error messages are cut: a job's own status has them whole",
        schema: () => z.object({ jobs: z.array(JobView()), next_cursor: z.optional(z.string()) }),
      },
    },
    errors: ["invalid_query"],
  }),
  cancelJob: route({
    name: "cancelJob",
    method: "POST",
    path: "/cancel-job/{job_id}",
    summary: "End a job that has not finished; a running attempt hears of it",
    scope: "admin",
    answers: { 200: { description: "The job, cancelled", schema: JobView } },
    errors: [...JOB_ERRORS, "job_finished"],
  }),
  retryJob: route({
    name: "retryJob",
    method: "POST",
    path: "/retry-job/{job_id}",
    summary: "Put a failed or cancelled job back with fresh attempts",
    scope: "admin",
    answers: { 200: { description: "The job, pending again", schema: JobView } },
    errors: [...JOB_ERRORS, "job_not_failed"],
  }),
  queueStats: route({
    name: "queueStats",
    method: "GET",
    path: "/queue-stats",
    summary: "How many jobs are where, and all-time totals",
    scope: "read",
    answers: { 200: { description: "The numbers, all from one moment", schema: QueueStatsView } },
    errors: [],
  }),
  health: route({
    name: "health",
    method: "GET",
    path: "/health",
    summary: "Whether the service and its database answer",
    answers: {
      200: {
        description: "Both answer, or did at most 5 s ago",
        schema: () => z.object({ status: z.literal("pass") }),
      },
    },
    errors: [],
  }),
  openapi: route({
    name: "openapi",
    method: "GET",
    path: "/openapi.json",
    summary: "This description, as OpenAPI 3.1",
    anyKey: true,
    answers: { 200: { description: "An OpenAPI document", schema: () => z.record(z.string(), z.unknown()) } },
    errors: ["unauthorized", "route_not_found"],
  }),
};

/** What a browser shows: no part of the description. By the name of its file in `handlers/routes/`. */
export const pages = {
  dashboard: ["/", "/dashboard/{file}"],
  docs: ["/docs", "/docs/{file}"],
  problems: ["/problems/{code}"],
} as const;
