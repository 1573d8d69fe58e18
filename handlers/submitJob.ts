import { submitJobHandler } from "../lib/adapters/lambda/submit-job.ts";
import { taskList as tasks } from "../tasks/index.ts";

/** POST /submit-job and POST /submit-jobs. */
export const handler = submitJobHandler({ tasks });
