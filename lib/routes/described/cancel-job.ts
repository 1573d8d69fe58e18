import { answer, type Described } from "../../http/described.ts";
import { cancelled } from "./example-jobs.ts";
import { JobView } from "./job-view.ts";

/** Describes `POST /cancel-job/{job_id}`. */
export const cancelJob: Described = {
  tag: "Jobs",
  summary: "End a job that has not finished; a running attempt hears of it",
  answers: { 200: answer({ description: "The job, cancelled", schema: JobView, examples: { cancelled } }) },
};
