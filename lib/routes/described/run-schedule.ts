import { answer, type Described } from "../../http/described.ts";
import { ACCEPTED, AcceptedJob, IDEMPOTENCY } from "./accepted.ts";
import { JOB_ID } from "./example-jobs.ts";

/** Describes `POST /schedules/{name}/run`. */
export const runSchedule: Described = {
  tag: "Schedules",
  summary: "Submit one job of a schedule now, whatever its slots are, also while it is paused",
  headers: IDEMPOTENCY,
  answers: {
    202: answer({
      description: ACCEPTED,
      schema: AcceptedJob,
      headers: ["Location", "Retry-After", "Idempotent-Replayed", "Unique-Conflict"],
      examples: { accepted: { job_id: JOB_ID }, conflict: { job_id: JOB_ID, unique_conflict: true } },
    }),
  },
};
