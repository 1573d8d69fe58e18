import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { withWords } from "../schema/with-words.ts";
import { JOB_ERRORS, jobIdOf, MAX_WAIT_SECONDS } from "./common.ts";
import type { JobView } from "./described/job-view.ts";
import { statusReply, waitFor } from "./status.ts";
import { noteUnreadable } from "./unreadable.ts";
import { shownTo } from "./view.ts";
import { whole } from "./whole.ts";

const WaitQuery = once(() =>
  z.strictObject({
    wait: withWords(
      z.optional(whole(0, MAX_WAIT_SECONDS)),
      "Answer as soon as the job has finished, or after this many seconds",
    ),
  }),
);

/** GET /job-status/{job_id}: how a job is doing. */
export const jobStatus = route({
  name: "jobStatus",
  method: "GET",
  path: "/job-status/{job_id}",
  scope: "read",
  query: WaitQuery,
  errors: [...JOB_ERRORS, "invalid_query"],

  async handle({ path, query, headers, may }, app) {
    const found = await waitFor(app, jobIdOf(path.job_id), query.wait ?? 0);
    const reply = statusReply(shownTo(may("admin"), found), app.queue.clock(), headers["if-none-match"]);
    if (reply.body) noteUnreadable(app.log, reply.body as JobView);
    return reply;
  },
});
