import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { JobRequest } from "../jobs/job-request.ts";
import { once } from "../once.ts";
import { SUBMIT_ERRORS } from "./common.ts";
import { offeredTo, submissionHeaders, submit } from "./submission.ts";

/** The most jobs in one request. */
const MAX_BATCH = 100;

const JobRequests = once(() =>
  z.strictObject({ jobs: z.array(JobRequest()).check(z.minLength(1), z.maxLength(MAX_BATCH)) }),
);

/** POST /submit-jobs: accept up to 100 jobs, all or none; those whose unique keys others hold are not accepted. */
export const submitJobs = route({
  name: "submitJobs",
  method: "POST",
  path: "/submit-jobs",
  scope: "submit",
  body: JobRequests,
  bodyBytes: 4 * 1024 * 1024,
  errors: SUBMIT_ERRORS,

  async handle({ body, headers, caller, isItself, traceparent }, app) {
    const { ids, replayed, conflicts } = await submit(app, offeredTo(isItself, await app.tasks()), {
      requests: body.jobs,
      body,
      caller,
      traceparent,
      at: (i) => `/jobs/${i}`,
      idempotencyKey: headers["idempotency-key"],
    });
    return {
      status: 202,
      body: { job_ids: ids, ...(conflicts.length > 0 ? { unique_conflicts: conflicts } : {}) },
      headers: { "retry-after": "1", ...submissionHeaders({ replayed, conflicts }) },
    };
  },
});
