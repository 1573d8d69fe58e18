import { answer, type Described } from "../../http/described.ts";
import { completed, payload, pending, running, waitsInDetail } from "./example-jobs.ts";
import { JobView } from "./job-view.ts";

/** Describes `GET /job-status/{job_id}`. */
export const jobStatus: Described = {
  tag: "Jobs",
  summary: "How a job is doing",
  headers: { "If-None-Match": "The `ETag` of an earlier answer: 304 if nothing has changed." },
  answers: {
    200: answer({
      description:
        "The job, with payload, result, log lines and whole errors; those of a sensitive task for the scope `admin` alone. `Retry-After` until it has finished",
      schema: JobView,
      headers: ["ETag", "Retry-After"],
      examples: {
        pending: { ...pending, payload },
        running,
        waits_for_retry: waitsInDetail,
        completed: { ...completed, payload },
      },
    }),
    304: { description: "Nothing has changed", headers: ["ETag", "Retry-After"] },
  },
};
