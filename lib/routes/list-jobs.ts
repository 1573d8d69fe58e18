import * as z from "zod/mini";
import { Problem } from "../errors.ts";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { PRIORITIES } from "../queue/job.ts";
import { listJobs as pageOf } from "../queue/listing.ts";
import { LISTED_AS } from "../queue/places.ts";
import { withWords } from "../schema/with-words.ts";
import { noteUnreadable } from "./unreadable.ts";
import { listedView, shownTo } from "./view.ts";
import { whole } from "./whole.ts";

const ListQuery = once(() =>
  z.strictObject({
    status: withWords(
      z.optional(z.enum(LISTED_AS)),
      "Only jobs with this status, or in this state: `waiting` for a worker, `paused` with their task, `scheduled` for their time, `retrying` after a failed attempt, `running`",
    ),
    task: withWords(
      z.optional(z.string()),
      "Only jobs of this task. With this and the next two a page may hold fewer than `limit`, even none",
    ),
    priority: withWords(z.optional(z.enum(PRIORITIES)), "Only jobs of this priority"),
    id: withWords(z.optional(idBeginning()), "Only jobs whose id begins with this"),
    cursor: withWords(z.optional(z.string()), "`next_cursor` of the page before, with the same filters"),
    limit: withWords(z._default(whole(1, 100), 50), "The most jobs on a page"),
  }),
);

/** Makes the schema of the beginning of an id, in any case. */
function idBeginning() {
  return z.pipe(
    z.string().check(z.regex(/^[\da-fA-F-]{1,36}$/, "expected the beginning of a UUID")),
    z.transform((id) => id.toLowerCase()),
  );
}

/** GET /jobs: jobs, those first that changed last. */
export const listJobs = route({
  name: "listJobs",
  method: "GET",
  path: "/jobs",
  scope: "read",
  query: ListQuery,
  errors: ["invalid_query"],

  async handle({ query, may }, { queue, redis, keys, log }) {
    const page = await pageOf(redis, keys, query);
    if (page === "bad_cursor") {
      const fault = { pointer: "/cursor", detail: "not a cursor that this query gave: leave it out to begin again" };
      throw new Problem("invalid_query", `cursor: ${fault.detail}`, { faults: [fault] });
    }
    const next = page.next === undefined ? {} : { next_cursor: page.next };
    const now = queue.clock();
    const jobs = page.jobs.map(({ job, state }) => listedView(shownTo(may("admin"), { job }).job, state, now));
    for (const each of jobs) noteUnreadable(log, each);
    return { status: 200, body: { jobs, ...next } };
  },
});
