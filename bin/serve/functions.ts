import { handler as cancelJob } from "../../handlers/cancelJob.ts";
import { handler as dashboard } from "../../handlers/dashboard.ts";
import { handler as docs } from "../../handlers/docs.ts";
import { handler as health } from "../../handlers/health.ts";
import { handler as jobStatus } from "../../handlers/jobStatus.ts";
import { handler as listJobs } from "../../handlers/listJobs.ts";
import { handler as openapi } from "../../handlers/openapi.ts";
import { handler as preflight } from "../../handlers/preflight.ts";
import { handler as problems } from "../../handlers/problems.ts";
import { handler as queueStats } from "../../handlers/queueStats.ts";
import { handler as retryJob } from "../../handlers/retryJob.ts";
import { handler as submitJob } from "../../handlers/submitJob.ts";
import { handler as submitJobs } from "../../handlers/submitJobs.ts";
import { pages, routes } from "../../lib/api.ts";
import type { Served } from "../../lib/server.ts";

type Name = keyof typeof routes | keyof typeof pages;

const handlers: Record<Name, Served["handler"]> = {
  ...{ submitJob, submitJobs, jobStatus, listJobs, cancelJob, retryJob, queueStats, health, openapi },
  ...{ dashboard, docs, problems },
};

/** Every function of `serverless.yml` that has a route. */
export const functions: Served[] = [
  ...Object.entries(routes).map(([name, { method, path }]) => ({ method, path, handler: handlers[name as Name] })),
  ...Object.entries(pages).flatMap(([name, paths]) =>
    paths.map((path) => ({ method: "GET", path, handler: handlers[name as Name] })),
  ),
  { method: "OPTIONS", path: "/{proxy+}", handler: preflight },
];
