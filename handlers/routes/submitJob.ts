import { endpoint } from "../../lib/http/endpoint.ts";
import { routes } from "../../lib/routes/api.ts";
import { finishedWithin, outcomeReply, preferredWait, statusReply } from "../../lib/routes/status.ts";
import { submit } from "../../lib/routes/submission.ts";
import { shownTo } from "../../lib/routes/view.ts";
import { forCallers } from "../../lib/tasks.ts";
import { tasks } from "../../tasks/index.ts";

const known = forCallers(tasks);

/** POST /submit-job: accept a job; it runs later. Input, answers and errors: `routes.submitJob`. */
export const handler = endpoint(routes.submitJob, async ({ body, headers, caller, may, traceparent }, app) => {
  const submission = { requests: [body], body, idempotencyKey: headers["idempotency-key"], caller, at: () => "" };
  const { ids, replayed } = await submit(app, known, { ...submission, traceparent });
  const job_id = ids[0]!;
  const found = { location: `/job-status/${job_id}`, ...(replayed ? { "idempotent-replayed": "true" } : {}) };
  const accepted = { status: 202, body: { job_id }, headers: { ...found, "retry-after": "1" } };

  const seconds = preferredWait(headers.prefer);
  if (seconds === undefined) return accepted;
  const finished = await finishedWithin(app, job_id, seconds);
  const shown = finished && shownTo(may("admin"), finished);
  const reply = shown ? (may("read") ? statusReply : outcomeReply)(shown) : accepted;
  return { ...reply, headers: { ...reply.headers, ...found, "preference-applied": `wait=${seconds}` } };
});
