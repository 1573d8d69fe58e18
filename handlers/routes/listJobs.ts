import { Problem } from "../../lib/errors.ts";
import { endpoint } from "../../lib/http/endpoint.ts";
import { listJobs } from "../../lib/queue/listing.ts";
import { routes } from "../../lib/routes/api.ts";
import { noteUnreadable } from "../../lib/routes/unreadable.ts";
import { briefOf, shownTo } from "../../lib/routes/view.ts";

/** GET /jobs: jobs, status by status, the newest first. Parameters, answers and errors: `routes.listJobs`. */
export const handler = endpoint(routes.listJobs, async ({ query, may }, { redis, keys, log }) => {
  const page = await listJobs(redis, keys, query);
  if (page === "bad_cursor") {
    const fault = { pointer: "/cursor", detail: "not a cursor that this query gave: leave it out to begin again" };
    throw new Problem("invalid_query", `cursor: ${fault.detail}`, { faults: [fault] });
  }
  const next = page.next === undefined ? {} : { next_cursor: page.next };
  const shown = page.jobs.map((job) => shownTo(may("admin"), { job }).job);
  const jobs = shown.map(briefOf);
  for (const each of jobs) noteUnreadable(log, each);
  return { status: 200, body: { jobs, ...next } };
});
