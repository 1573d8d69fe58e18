import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { completed, running } from "./example-jobs.ts";
import { ListedJobView } from "./job-view.ts";

/** Describes `GET /jobs`. */
export const listJobs: Described = {
  tag: "Queue",
  summary: "Jobs, those first that changed last",
  answers: {
    200: answer({
      description:
        "A page; `next_cursor` where there is another. The jobs come in the order of `changed_at`, the latest first; one that waits for its time stands as far behind the present as its `run_at` lies ahead, so that with `status=scheduled` the next one comes first. Of paused tasks, the waiting jobs of three are listed; with `task`, those of that one. A job that moves between two pages (it is claimed, retried, ends) may appear twice or be missed; one that stays appears once. A page may hold fewer than `limit` (it ends after 2 MB of records), with a filter even none. Long error messages are cut: a job's own status has them whole",
      schema: z
        .object({ jobs: z.array(ListedJobView), next_cursor: z.optional(z.string()) })
        .register(components, { id: "JobPage" }),
      examples: {
        page: {
          jobs: [
            { ...running, state: "running", changed_at: running.started_at! },
            { ...completed, state: "completed", changed_at: completed.finished_at! },
          ],
          next_cursor: "WyIiLCIiLDRd",
        },
        last_page: { jobs: [] },
      },
    }),
  },
};
