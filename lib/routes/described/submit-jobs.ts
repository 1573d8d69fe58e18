import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { withWords } from "../../schema/with-words.ts";
import { ACCEPTED, IDEMPOTENCY } from "./accepted.ts";
import { JOB_ID } from "./example-jobs.ts";

const OTHER_ID = "6f9d2f0a-0c3c-4f0e-8a5e-0a8b7c4f1d22";

/** Describes `POST /submit-jobs`. */
export const submitJobs: Described = {
  tag: "Jobs",
  summary: "Accept up to 100 jobs, all or none",
  headers: IDEMPOTENCY,
  answers: {
    202: answer({
      description: ACCEPTED,
      schema: z
        .object({
          job_ids: z.array(z.uuid()),
          unique_conflicts: withWords(
            z.optional(z.array(z.int())),
            "The places, from 0, of jobs that were not accepted, because others hold their unique keys: there `job_ids` has those others. The rest was accepted",
          ),
        })
        .register(components, { id: "AcceptedJobs" }),
      headers: ["Retry-After", "Idempotent-Replayed", "Unique-Conflict"],
      examples: {
        accepted: { job_ids: [JOB_ID, OTHER_ID] },
        conflict: { job_ids: [JOB_ID, OTHER_ID], unique_conflicts: [1] },
      },
    }),
  },
};
