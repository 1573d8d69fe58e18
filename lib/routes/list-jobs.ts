import * as z from "zod/mini";
import { Problem } from "../errors.ts";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { STATUSES } from "../queue/job.ts";
import { listJobs as pageOf } from "../queue/listing.ts";
import { withWords } from "../schema/with-words.ts";
import { noteUnreadable } from "./unreadable.ts";
import { briefOf, shownTo } from "./view.ts";
import { whole } from "./whole.ts";

const ListQuery = once(() =>
  z.strictObject({
    status: withWords(z.optional(z.enum(STATUSES)), "Only jobs with this status"),
    task: withWords(
      z.optional(z.string()),
      "Only jobs of this task. A page may then hold fewer than `limit`, even none",
    ),
    cursor: withWords(z.optional(z.string()), "`next_cursor` of the page before, with the same status and task"),
    limit: withWords(z._default(whole(1, 100), 50), "The most jobs on a page"),
  }),
);

/** GET /jobs: jobs, status by status, the newest first. */
export const listJobs = route({
  name: "listJobs",
  method: "GET",
  path: "/jobs",
  scope: "read",
  query: ListQuery,
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
