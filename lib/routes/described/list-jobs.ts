import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { completed, running } from "./example-jobs.ts";
import { JobView } from "./job-view.ts";

/** Describes `GET /jobs`. */
export const listJobs: Described = {
  tag: "Queue",
  summary: "Jobs, status by status, the newest first",
  answers: {
    200: answer({
      description:
        "A page; `next_cursor` where there is another. A job that moves between two pages (it is claimed, retried, ends) may appear twice or be missed; one that stays appears once. A page may hold fewer than `limit` (it ends after 2 MB of records), with `task` even none. Long error messages are cut: a job's own status has them whole",
      schema: z
        .object({ jobs: z.array(JobView), next_cursor: z.optional(z.string()) })
        .register(components, { id: "JobPage" }),
      examples: { page: { jobs: [running, completed], next_cursor: "WyIiLCIiLDRd" }, last_page: { jobs: [] } },
    }),
  },
};
