import type { Served } from "../../app/core.ts";
import { submitJob } from "../../routes/submit-job.ts";
import { submitJobs } from "../../routes/submit-jobs.ts";
import type { ApiFunction } from "./event.ts";
import { functionOf } from "./functions.ts";

/** Serves `POST /submit-job` and `POST /submit-jobs`: a function of its own, so that a submit loads nothing else. */
export function submitJobHandler(served: Served, basePath?: string): ApiFunction {
  return functionOf(served, [submitJob, submitJobs], basePath);
}
