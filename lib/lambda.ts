import { apiHandler } from "./adapters/lambda/api.ts";
import type { ApiFunction } from "./adapters/lambda/event.ts";
import { jobStatusHandler } from "./adapters/lambda/job-status.ts";
import { submitJobHandler } from "./adapters/lambda/submit-job.ts";
import { type WorkerFunction, workerHandler } from "./adapters/lambda/worker.ts";
import type { Served } from "./app/core.ts";

/** The functions of a queue. */
export interface QueueFunctions {
  api: ApiFunction;
  submitJob: ApiFunction;
  jobStatus: ApiFunction;
  worker: WorkerFunction;
}

/** Where the functions are reached. */
export interface LambdaOptions {
  /** The path under which API Gateway mounts them: `/queue`. Default: the queue's own `basePath`. */
  basePath?: string;
}

/**
 * Makes the functions of a queue for AWS Lambda. `api` serves every route and `worker` runs the jobs: these two are enough. The
 * others serve their routes with less to load, most of all where they are imported by themselves (`wakeq/lambda/submit-job`).
 */
export function lambda(served: Served, { basePath }: LambdaOptions = {}): QueueFunctions {
  return {
    api: apiHandler(served, basePath),
    submitJob: submitJobHandler(served, basePath),
    jobStatus: jobStatusHandler(served, basePath),
    worker: workerHandler(served),
  };
}
