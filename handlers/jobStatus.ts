/** GET /job-status/{job_id}: a function of its own, since it is asked most and needs no task. */
export { handler } from "./routes/jobStatus.ts";
