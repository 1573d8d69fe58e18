import { handler as others } from "../../handlers/api.ts";
import { handler as cancelJob } from "../../handlers/cancelJob.ts";
import { handler as dashboard } from "../../handlers/dashboard.ts";
import { handler as docs } from "../../handlers/docs.ts";
import { handler as health } from "../../handlers/health.ts";
import { handler as jobStatus } from "../../handlers/jobStatus.ts";
import { handler as listJobs } from "../../handlers/listJobs.ts";
import { handler as openapi } from "../../handlers/openapi.ts";
import { handler as problems } from "../../handlers/problems.ts";
import { handler as queueStats } from "../../handlers/queueStats.ts";
import { handler as retryJob } from "../../handlers/retryJob.ts";
import { handler as submitJob } from "../../handlers/submitJob.ts";
import { handler as submitJobs } from "../../handlers/submitJobs.ts";
import { served } from "../../lib/adapters/served.ts";
import type { Functions, Served } from "../../lib/adapters/server.ts";
import { EVERY_ROUTE, type ServedName } from "../../lib/routes/router.ts";

const handlers: Record<ServedName, Served["handler"]> = {
  ...{ submitJob, submitJobs, jobStatus, listJobs, cancelJob, retryJob, queueStats, health, openapi },
  ...{ dashboard, docs, problems },
};

/** Every function of `serverless.yml` that has a route, and the one for all other requests. */
export const functions: Functions = {
  routes: EVERY_ROUTE.map((route) => served(route, handlers[route.name])),
  others: { handler: others },
};
