import { Problem } from "../errors.ts";
import { route } from "../http/route.ts";
import { JOB_ERRORS, jobIdOf, notFound, uniqueConflict } from "./common.ts";
import { viewOf } from "./view.ts";

/** POST /run-job/{job_id}: let a job that waits for its time run as soon as possible. */
export const runJob = route({
  name: "runJob",
  method: "POST",
  path: "/run-job/{job_id}",
  scope: "admin",
  errors: [...JOB_ERRORS, "job_not_pending", "unique_conflict"],

  async handle({ path }, { queue, wake, log }) {
    const id = jobIdOf(path.job_id);
    const hastened = await queue.runNow(id);
    if (hastened.outcome === "unique_conflict") throw uniqueConflict(id, hastened.holder);
    if (hastened.outcome === "missing" || !hastened.job) throw notFound(id);
    const { status } = hastened.job;
    if (hastened.outcome === "refused")
      throw new Problem("job_not_pending", `the job ${id} is ${status}: only one that waits can be run now`);
    if (hastened.outcome === "ready") log("info", "run_now", { job_id: id });
    if (hastened.wake) await wake({ source: "run_now", depth: 0 });
    return { status: 200, body: viewOf(hastened.job), headers: { "retry-after": "1" } };
  },
});
