import type { Served } from "../../app/core.ts";
import { jobStatus } from "../../routes/job-status.ts";
import type { ApiFunction } from "./event.ts";
import { functionOf } from "./functions.ts";

/** Serves `GET /job-status/{job_id}`: a function of its own, since it is asked most and needs no task. */
export function jobStatusHandler(served: Served, basePath?: string): ApiFunction {
  return functionOf(served, [jobStatus], basePath);
}
