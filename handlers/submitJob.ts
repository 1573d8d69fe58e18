import { incoming } from "../lib/http/event.ts";
import { routes } from "../lib/routes/api.ts";
import type { Handler } from "./routes/all.ts";
import { handler as submitJob } from "./routes/submitJob.ts";
import { handler as submitJobs } from "./routes/submitJobs.ts";

const BATCH = `${routes.submitJobs.method} ${routes.submitJobs.path}`;

/** POST /submit-job and POST /submit-jobs: a function of their own, so that a submit loads nothing else. */
export const handler: Handler = async (event, context) =>
  (incoming(event).routeKey === BATCH ? submitJobs : submitJob)(event, context);
