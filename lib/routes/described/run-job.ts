import { answer, type Described } from "../../http/described.ts";
import { pending, waitsForRetry } from "./example-jobs.ts";
import { JobView } from "./job-view.ts";

/** Describes `POST /run-job/{job_id}`. */
export const runJob: Described = {
  tag: "Jobs",
  summary: "Let a job that waits for its time run as soon as possible",
  answers: {
    200: answer({
      description:
        "The job, ready; also where it was ready before. Where the worker of its cancelled attempt may still run it, it waits until its `run_at`",
      schema: JobView,
      headers: ["Retry-After"],
      examples: { delayed: { ...pending, run_at: "2030-01-31T12:00:02.000Z" }, retried: waitsForRetry },
    }),
  },
};
