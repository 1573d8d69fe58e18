import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { JOB_ID } from "./example-jobs.ts";

const Deleted = z.object({ job_id: z.uuid(), deleted: z.literal(true) }).register(components, { id: "DeletedJob" });

/** Describes `DELETE /jobs/{job_id}`. */
export const deleteJob: Described = {
  tag: "Jobs",
  summary: "Forget a job that does not run, with its payload, result, errors and log, and its Idempotency-Key",
  answers: {
    200: answer({
      description: "The job is gone",
      schema: Deleted,
      examples: { deleted: { job_id: JOB_ID, deleted: true } },
    }),
  },
};
