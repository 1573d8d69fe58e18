import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { instant } from "../jobs/when.ts";
import { once } from "../once.ts";
import { finishedJobs } from "../queue/selecting.ts";
import { withWords } from "../schema/with-words.ts";
import { groupsOf } from "./failure-groups.ts";
import { rfc3339 } from "./instant.ts";
import { shownTo } from "./view.ts";
import { whole } from "./whole.ts";

/** How many failed jobs are looked at, the newest first. */
const SCANNED = 1_000;

const FailureQuery = once(() =>
  z.strictObject({
    task: withWords(z.optional(z.string()), "Only failures of this task"),
    since: withWords(z.optional(instant()), "Only failures from then on, such as `2030-01-31T06:00:00Z`"),
    limit: withWords(z._default(whole(1, 100), 50), "The most groups"),
  }),
);

/** GET /failures: the newest failed jobs, grouped by task and error. */
export const failures = route({
  name: "failures",
  method: "GET",
  path: "/failures",
  scope: "read",
  query: FailureQuery,
  errors: ["invalid_query"],

  async handle({ query, may }, { redis, keys }) {
    const wanted = { status: "failed" as const, task: query.task, count: SCANNED };
    const { jobs, looked, more, last: oldest } = await finishedJobs(redis, keys, wanted);
    const sinceMs = query.since === undefined ? 0 : Date.parse(query.since);
    const recent = jobs.filter(({ job }) => (job.finishedAt ?? 0) >= sinceMs);
    const groups = groupsOf(recent.map(({ job }) => shownTo(may("admin"), { job }).job));
    const shown = groups.slice(0, query.limit).map(({ jobs: failed, ...group }) => {
      const times = failed.map(({ finishedAt = 0 }) => finishedAt);
      const [first, last] = [Math.min(...times), Math.max(...times)].map(rfc3339);
      return { ...group, count: failed.length, first_at: first, last_at: last, sample_job_id: failed[0]!.id };
    });
    const hasMore = more && oldest !== undefined && oldest[0] >= sinceMs;
    return { status: 200, body: { groups: shown, scanned: looked, more: hasMore || groups.length > shown.length } };
  },
});
