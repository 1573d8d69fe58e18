import { answer, type Described } from "../../http/described.ts";
import { waitsForRetry } from "./example-jobs.ts";
import { JobView } from "./job-view.ts";

/** Describes `POST /retry-job/{job_id}`. */
export const retryJob: Described = {
  tag: "Jobs",
  summary: "Put a failed or cancelled job back with fresh attempts",
  answers: {
    200: answer({
      description: "The job, pending again",
      schema: JobView,
      headers: ["Retry-After"],
      examples: { pending: { ...waitsForRetry, retries: 0 } },
    }),
  },
};
