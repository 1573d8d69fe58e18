import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { JOB_ERRORS, jobIdOf, MAX_WAIT_SECONDS } from "./common.ts";
import { JobView } from "./described/job-view.ts";
import { statusReply, waitFor } from "./status.ts";
import { noteUnreadable } from "./unreadable.ts";
import { shownTo } from "./view.ts";
import { whole } from "./whole.ts";

const WaitQuery = once(() => z.strictObject({ wait: z.optional(whole(0, MAX_WAIT_SECONDS)) }));

/** GET /job-status/{job_id}: how a job is doing. */
export const jobStatus = route({
  name: "jobStatus",
  method: "GET",
  path: "/job-status/{job_id}",
  summary: "How a job is doing",
  scope: "read",
  query: WaitQuery,
  headers: { "If-None-Match": "The `ETag` of an earlier answer: 304 if nothing has changed." },
  answers: {
    200: {
      description:
        "The job, with payload, result, log lines and whole errors; those of a sensitive task for the scope `admin` alone. `Retry-After` until it has finished",
      schema: JobView,
    },
    304: { description: "Nothing has changed" },
  },
  errors: [...JOB_ERRORS, "invalid_query"],

  async handle({ path, query, headers, may }, app) {
    const found = await waitFor(app, jobIdOf(path.job_id), query.wait ?? 0);
    const reply = statusReply(shownTo(may("admin"), found), headers["if-none-match"]);
    if (reply.body) noteUnreadable(app.log, reply.body as JobView);
    return reply;
  },
});
