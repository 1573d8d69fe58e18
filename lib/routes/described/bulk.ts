import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { withWords } from "../../schema/with-words.ts";
import { JOB_ID } from "./example-jobs.ts";

const Step = z
  .object({
    done: withWords(z.int(), "How many were changed"),
    skipped: withWords(
      z.int(),
      "How many were found but not changed: they had changed meanwhile, or another job holds their unique key",
    ),
    left: withWords(z.boolean(), "Whether there are others: send the same request with `cursor`"),
    cursor: z.optional(z.string()),
  })
  .register(components, { id: "BulkStep" });

const bodies = {
  all_of_a_kind: { status: "failed", fingerprint: "Qm9vbTEyMzQ1Njc4" },
  of_today: { status: "failed", task: "send_email", since: "2030-01-31T00:00:00Z" },
  some: { status: "failed", ids: [JOB_ID] },
  next_step: { status: "failed", task: "send_email", cursor: "WzE4MDAsIngiXQ" },
};
const answers = {
  200: answer({
    description: "What this step did. It changes at most `limit` jobs, the newest first",
    schema: Step,
    examples: {
      step: { done: 100, skipped: 0, left: true, cursor: "WzE4MDAsIngiXQ" },
      last_step: { done: 7, skipped: 1, left: false },
    },
  }),
};

/** Describes `POST /retry-jobs`. */
export const retryJobs: Described = {
  tag: "Queue",
  summary: "Put failed or cancelled jobs back with fresh attempts, a hundred at a time",
  bodies,
  answers,
};

/** Describes `POST /delete-jobs`. */
export const deleteJobs: Described = {
  tag: "Queue",
  summary: "Forget finished jobs, a hundred at a time",
  bodies,
  answers,
};
