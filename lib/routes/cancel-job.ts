import { Problem } from "../errors.ts";
import { route } from "../http/route.ts";
import { JOB_ERRORS, jobIdOf, notFound } from "./common.ts";
import { viewOf } from "./view.ts";

/** POST /cancel-job/{job_id}: end a job that has not finished; a running attempt hears of it. */
export const cancelJob = route({
  name: "cancelJob",
  method: "POST",
  path: "/cancel-job/{job_id}",
  scope: "admin",
  errors: [...JOB_ERRORS, "job_finished"],

  async handle({ path }, { queue, log }) {
    const id = jobIdOf(path.job_id);
    const cancelled = await queue.cancel(id);
    if (cancelled.outcome === "missing" || !cancelled.job) throw notFound(id);
    const { status } = cancelled.job;
    if (cancelled.outcome === "finished")
      throw new Problem("job_finished", `the job ${id} has ${status} and cannot be cancelled`);
    log("info", "cancel", { job_id: id });
    return { status: 200, body: viewOf(cancelled.job) };
  },
});
