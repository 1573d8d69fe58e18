import type { Described } from "../../http/described.ts";
import type { API_ROUTES } from "../all.ts";
import { deleteJobs, retryJobs } from "./bulk.ts";
import { cancelJob } from "./cancel-job.ts";
import { deleteJob } from "./delete-job.ts";
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
import { pause } from "./pause.ts";
import { pulse } from "./pulse.ts";
import { putSchedule } from "./put-schedule.ts";
import { queueStats } from "./queue-stats.ts";
import { resume } from "./resume.ts";
import { retryJob } from "./retry-job.ts";
import { runJob } from "./run-job.ts";
import { runSchedule } from "./run-schedule.ts";
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
} satisfies Record<RouteName, Described>;
