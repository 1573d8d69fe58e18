import { apiHandler } from "../lib/adapters/lambda.ts";
import { environmentDeployment } from "../lib/app/deployment.ts";
import { createApi } from "../lib/http/api.ts";
import { submitJob } from "../lib/routes/submit-job.ts";
import { submitJobs } from "../lib/routes/submit-jobs.ts";
import { tasks } from "../tasks/index.ts";

/** POST /submit-job and POST /submit-jobs: a function of their own, so that a submit loads nothing else. */
export const handler = apiHandler(createApi(environmentDeployment(tasks), [submitJob, submitJobs]));
