import { answer, type Described } from "../../http/described.ts";
import { ACCEPTED, AcceptedJob, IDEMPOTENCY } from "./accepted.ts";
import { completed, JOB_ID, payload } from "./example-jobs.ts";
import { FinishedView } from "./job-view.ts";

/** Describes `POST /submit-job`. */
export const submitJob: Described = {
  tag: "Jobs",
  summary: "Accept a job; it runs later",
  headers: {
    ...IDEMPOTENCY,
    Prefer: "`wait=10`: answer 200 with the job if it finishes within this many seconds, at most 25.",
  },
  answers: {
    200: answer({
      description:
        "It finished while you waited (`Prefer: wait=…`). A key without the scope `read` gets its id, status and result alone",
      schema: FinishedView,
      headers: ["Location", "ETag", "Idempotent-Replayed", "Unique-Conflict", "Preference-Applied"],
      examples: { completed: { ...completed, payload } },
    }),
    202: answer({
      description: ACCEPTED,
      schema: AcceptedJob,
      headers: ["Location", "Retry-After", "Idempotent-Replayed", "Unique-Conflict", "Preference-Applied"],
      examples: { accepted: { job_id: JOB_ID }, conflict: { job_id: JOB_ID, unique_conflict: true } },
    }),
  },
};
