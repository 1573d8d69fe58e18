import { Problem } from "../../lib/errors.ts";
import { endpoint } from "../../lib/http/endpoint.ts";
import { routes } from "../../lib/routes/api.ts";
import { jobIdOf, notFound } from "../../lib/routes/status.ts";
import { viewOf } from "../../lib/routes/view.ts";

/** POST /cancel-job/{job_id}: end a job that has not finished. Answers and errors: `routes.cancelJob`. */
export const handler = endpoint(routes.cancelJob, async ({ path }, { queue, log }) => {
  const id = jobIdOf(path.job_id);
  const cancelled = await queue.cancel(id);
  if (cancelled.outcome === "missing" || !cancelled.job) throw notFound(id);
  const { status } = cancelled.job;
  if (cancelled.outcome === "finished")
    throw new Problem("job_finished", `the job ${id} has ${status} and cannot be cancelled`);
  log("info", "cancel", { job_id: id });
  return { status: 200, body: viewOf(cancelled.job) };
});
