import { Problem } from "../../lib/errors.ts";
import { endpoint } from "../../lib/http/endpoint.ts";
import { routes } from "../../lib/routes/api.ts";
import { jobIdOf, notFound } from "../../lib/routes/status.ts";
import { viewOf } from "../../lib/routes/view.ts";

/** POST /retry-job/{job_id}: redrive a failed or cancelled job. Answers and errors: `routes.retryJob`. */
export const handler = endpoint(routes.retryJob, async ({ path }, { queue, wake, log }) => {
  const id = jobIdOf(path.job_id);
  const redriven = await queue.redrive(id);
  if (redriven.outcome === "missing" || !redriven.job) throw notFound(id);
  const { status } = redriven.job;
  if (redriven.outcome === "refused")
    throw new Problem("job_not_failed", `the job ${id} is ${status}: only a failed or cancelled one can be retried`);
  log("info", "redrive", { job_id: id });
  if (redriven.wake) await wake({ source: "redrive", depth: 0 });
  return { status: 200, body: viewOf(redriven.job), headers: { "retry-after": "1" } };
});
