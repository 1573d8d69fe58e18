import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { withWords } from "../../schema/with-words.ts";
import { JOB_ID } from "./example-jobs.ts";

const Group = z
  .object({
    task: z.string(),
    error: withWords(z.string(), "The error's name, and its message without quotes, ids and numbers"),
    fingerprint: withWords(z.string(), "Names this group in `POST /retry-jobs` and `POST /delete-jobs`"),
    count: z.int(),
    first_at: z.iso.datetime(),
    last_at: z.iso.datetime(),
    sample_job_id: withWords(z.uuid(), "The newest of them"),
  })
  .register(components, { id: "FailureGroup" });

/** Describes `GET /failures`. */
export const failures: Described = {
  tag: "Queue",
  summary: "Failed jobs, grouped by task and error",
  answers: {
    200: answer({
      description: "The groups of the newest 1,000 failed jobs (or of those in 2 MB of records), the largest first",
      schema: z
        .object({
          groups: z.array(Group),
          scanned: withWords(z.int(), "How many failed jobs were looked at"),
          more: withWords(z.boolean(), "Whether there are failed jobs, or groups, that are not here"),
        })
        .register(components, { id: "Failures" }),
      examples: {
        two_reasons: {
          groups: [
            {
              ...{
                task: "send_email",
                error: "Error: the mail server … did not answer",
                fingerprint: "Qm9vbTEyMzQ1Njc4",
              },
              ...{ count: 17, first_at: "2030-01-31T12:00:00.000Z", last_at: "2030-01-31T13:00:00.000Z" },
              sample_job_id: JOB_ID,
            },
          ],
          scanned: 17,
          more: false,
        },
      },
    }),
  },
};
