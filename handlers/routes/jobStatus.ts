import { endpoint } from "../../lib/http/endpoint.ts";
import { type JobView, routes } from "../../lib/routes/api.ts";
import { jobIdOf, statusReply, waitFor } from "../../lib/routes/status.ts";
import { noteUnreadable } from "../../lib/routes/unreadable.ts";
import { shownTo } from "../../lib/routes/view.ts";

/** GET /job-status/{job_id}: how a job is doing. Answers and errors: `routes.jobStatus`. */
export const handler = endpoint(routes.jobStatus, async ({ path, query, headers, may }, app) => {
  const found = await waitFor(app, jobIdOf(path.job_id), query.wait ?? 0);
  const reply = statusReply(shownTo(may("admin"), found), headers["if-none-match"]);
  if (reply.body) noteUnreadable(app.log, reply.body as JobView);
  return reply;
});
