import type { Described } from "../../http/described.ts";
import type { API_ROUTES } from "../all.ts";
import { cancelJob } from "./cancel-job.ts";
import { health } from "./health.ts";
import { history } from "./history.ts";
import { jobStatus } from "./job-status.ts";
import { listJobs } from "./list-jobs.ts";
import { metrics } from "./metrics.ts";
import { openapi } from "./openapi.ts";
import { queueStats } from "./queue-stats.ts";
import { retryJob } from "./retry-job.ts";
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
  queueStats,
  history,
  metrics,
  health,
  openapi,
} satisfies Record<RouteName, Described>;
