import * as z from "zod/mini";
import { Problem } from "../errors.ts";
import { component } from "../http/component.ts";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { STATUSES } from "../queue/job.ts";
import { listJobs as pageOf } from "../queue/listing.ts";
import { JobView } from "./described/job-view.ts";
import { noteUnreadable } from "./unreadable.ts";
import { briefOf, shownTo } from "./view.ts";
import { whole } from "./whole.ts";

const ListQuery = once(() =>
  z.strictObject({
    status: z.optional(z.enum(STATUSES)),
    task: z.optional(z.string()),
    cursor: z.optional(z.string()),
    limit: z._default(whole(1, 100), 50),
  }),
);

/** GET /jobs: jobs, status by status, the newest first. */
export const listJobs = route({
  name: "listJobs",
  method: "GET",
  path: "/jobs",
  summary: "Jobs, status by status, the newest first",
  scope: "read",
  query: ListQuery,
  answers: {
    200: {
      description:
        "A page; `next_cursor` where there is another. A job that moves between two pages (it is claimed, retried, ends) may appear twice or be missed; one that stays appears once. A page may hold fewer than `limit` (it ends after 2 MB of records), with `task` even none. Long error messages are cut: a job's own status has them whole",
      schema: component("JobPage", () => z.object({ jobs: z.array(JobView()), next_cursor: z.optional(z.string()) })),
    },
  },
  errors: ["invalid_query"],

  async handle({ query, may }, { redis, keys, log }) {
    const page = await pageOf(redis, keys, query);
    if (page === "bad_cursor") {
      const fault = { pointer: "/cursor", detail: "not a cursor that this query gave: leave it out to begin again" };
      throw new Problem("invalid_query", `cursor: ${fault.detail}`, { faults: [fault] });
    }
    const next = page.next === undefined ? {} : { next_cursor: page.next };
    const shown = page.jobs.map((job) => shownTo(may("admin"), { job }).job);
    const jobs = shown.map(briefOf);
    for (const each of jobs) noteUnreadable(log, each);
    return { status: 200, body: { jobs, ...next } };
  },
});
