import { Problem } from "../errors.ts";
import { route } from "../http/route.ts";
import { JOB_ERRORS, jobIdOf, notFound, uniqueConflict } from "./common.ts";
import { viewOf } from "./view.ts";

/** POST /retry-job/{job_id}: redrive a failed or cancelled job. */
export const retryJob = route({
  name: "retryJob",
  method: "POST",
  path: "/retry-job/{job_id}",
  scope: "admin",
  errors: [...JOB_ERRORS, "job_not_failed", "unique_conflict"],

  async handle({ path }, { queue, wake, log }) {
    const id = jobIdOf(path.job_id);
    const redriven = await queue.redrive(id);
    if (redriven.outcome === "unique_conflict") throw uniqueConflict(id, redriven.holder);
    if (redriven.outcome === "missing" || !redriven.job) throw notFound(id);
    const { status } = redriven.job;
    if (redriven.outcome === "refused")
      throw new Problem("job_not_failed", `the job ${id} is ${status}: only a failed or cancelled one can be retried`);
    log("info", "redrive", { job_id: id });
    if (redriven.wake) await wake({ source: "redrive", depth: 0 });
    return { status: 200, body: viewOf(redriven.job), headers: { "retry-after": "1" } };
  },
});
