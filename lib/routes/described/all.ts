import type { Described } from "../../http/described.ts";
import type { API_ROUTES } from "../all.ts";
import { deleteJobs, retryJobs } from "./bulk.ts";
import { cancelJob } from "./cancel-job.ts";
import { deleteJob } from "./delete-job.ts";
import { failures } from "./failures.ts";
import { health } from "./health.ts";
import { jobStatus } from "./job-status.ts";
import { listJobs } from "./list-jobs.ts";
import { openapi } from "./openapi.ts";
import { pulse } from "./pulse.ts";
import { queueStats } from "./queue-stats.ts";
import { retryJob } from "./retry-job.ts";
import { runJob } from "./run-job.ts";
import { submitJob } from "./submit-job.ts";
import { submitJobs } from "./submit-jobs.ts";

type RouteName = (typeof API_ROUTES)[number]["name"];

/** What the API's description says of each route. */
export const described = {
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
} satisfies Record<RouteName, Described>;
