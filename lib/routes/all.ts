import type { AnyRoute } from "../http/route.ts";
import { cancelJob } from "./cancel-job.ts";
import { deleteJob } from "./delete-job.ts";
import { deleteJobs } from "./delete-jobs.ts";
import { deleteSchedule } from "./delete-schedule.ts";
import { failures } from "./failures.ts";
import { getSchedule } from "./get-schedule.ts";
import { health } from "./health.ts";
import { history } from "./history.ts";
import { jobStatus } from "./job-status.ts";
import { listJobs } from "./list-jobs.ts";
import { listSchedules } from "./list-schedules.ts";
import { metrics } from "./metrics.ts";
import { openapi } from "./openapi.ts";
import { dashboard, docs, problemPages } from "./pages.ts";
import { pause } from "./pause.ts";
import { pulse } from "./pulse.ts";
import { putSchedule } from "./put-schedule.ts";
import { queueStats } from "./queue-stats.ts";
import { resume } from "./resume.ts";
import { retryJob } from "./retry-job.ts";
import { retryJobs } from "./retry-jobs.ts";
import { runJob } from "./run-job.ts";
import { runSchedule } from "./run-schedule.ts";
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
  pause,
  resume,
  listSchedules,
  putSchedule,
  getSchedule,
  deleteSchedule,
  runSchedule,
  history,
  metrics,
  pulse,
  health,
  openapi,
] as const;

/** Every route, pages too: what the function `api`, the container and an application serve. */
export const EVERY_ROUTE: readonly AnyRoute[] = [...API_ROUTES, ...dashboard, ...docs, ...problemPages];
