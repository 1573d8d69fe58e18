import { Problem } from "../errors.ts";
import { route } from "../http/route.ts";
import { JOB_ERRORS, jobIdOf, notFound } from "./common.ts";

/** DELETE /jobs/{job_id}: forget a job that does not run, with all that is kept about it. */
export const deleteJob = route({
  name: "deleteJob",
  method: "DELETE",
  path: "/jobs/{job_id}",
  scope: "admin",
  errors: [...JOB_ERRORS, "job_running"],

  async handle({ path }, { queue, log }) {
    const id = jobIdOf(path.job_id);
    const [outcome] = await queue.delete([id]);
    if (outcome === "running")
      throw new Problem(
        "job_running",
        `the job ${id} is running, or its worker does not know yet that it was cancelled`,
      );
    if (outcome !== "deleted") throw notFound(id);
    log("info", "delete", { job_id: id });
    return { status: 200, body: { job_id: id, deleted: true } };
  },
});
