import { apiHandler } from "./adapters/lambda/api.ts";
import { jobStatusHandler } from "./adapters/lambda/job-status.ts";
import { submitJobHandler } from "./adapters/lambda/submit-job.ts";
import { workerHandler } from "./adapters/lambda/worker.ts";
import type { Served } from "./app/core.ts";

/**
 * Makes the functions of a queue for AWS Lambda. `api` serves every route and `worker` runs the jobs: these two are enough. The
 * others serve their routes with less to load, most of all where they are imported by themselves (`wakeq/lambda/submit-job`).
 */
export function lambda(served: Served) {
  return {
    api: apiHandler(served),
    submitJob: submitJobHandler(served),
    jobStatus: jobStatusHandler(served),
    worker: workerHandler(served),
  };
}
