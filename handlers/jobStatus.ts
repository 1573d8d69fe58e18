import { apiHandler } from "../lib/adapters/lambda.ts";
import { environmentDeployment } from "../lib/app/deployment.ts";
import { createApi } from "../lib/http/api.ts";
import { jobStatus } from "../lib/routes/job-status.ts";

/** GET /job-status/{job_id}: a function of its own, since it is asked most and needs no task. */
export const handler = apiHandler(createApi(environmentDeployment(new Map()), [jobStatus]));
