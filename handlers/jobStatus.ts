import { jobStatusHandler } from "../lib/adapters/lambda/job-status.ts";

/** GET /job-status/{job_id}. */
export const handler = jobStatusHandler({ tasks: [] });
