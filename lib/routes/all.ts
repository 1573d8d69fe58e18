import type { AnyRoute } from "../http/route.ts";
import { cancelJob } from "./cancel-job.ts";
import { deleteJob } from "./delete-job.ts";
import { deleteJobs } from "./delete-jobs.ts";
import { failures } from "./failures.ts";
import { health } from "./health.ts";
import { jobStatus } from "./job-status.ts";
import { listJobs } from "./list-jobs.ts";
import { openapi } from "./openapi.ts";
import { dashboard, docs, problemPages } from "./pages.ts";
import { pulse } from "./pulse.ts";
import { queueStats } from "./queue-stats.ts";
import { retryJob } from "./retry-job.ts";
import { retryJobs } from "./retry-jobs.ts";
import { runJob } from "./run-job.ts";
import { submitJob } from "./submit-job.ts";
import { submitJobs } from "./submit-jobs.ts";

/** The routes of the API, in the order of its description. A new route is a file here and a line in this list; CONTRIBUTING.md has the rest. */
export const API_ROUTES = [
  submitJob,
  submitJobs,
  jobStatus,
  listJobs,
  cancelJob,
  retryJob,
  runJob,
  deleteJob,
  retryJobs,
  deleteJobs,
  failures,
  queueStats,
  pulse,
  health,
  openapi,
] as const;

/** Every route, pages too: what the function `api`, the container and an application serve. */
export const EVERY_ROUTE: readonly AnyRoute[] = [...API_ROUTES, ...dashboard, ...docs, ...problemPages];
