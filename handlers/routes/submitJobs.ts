import { endpoint } from "../../lib/http/endpoint.ts";
import { routes } from "../../lib/routes/api.ts";
import { submit } from "../../lib/routes/submission.ts";
import { forCallers } from "../../lib/tasks.ts";
import { tasks } from "../../tasks/index.ts";

const known = forCallers(tasks);

/** POST /submit-jobs: accept up to 100 jobs, all or none. Input, answers and errors: `routes.submitJobs`. */
export const handler = endpoint(routes.submitJobs, async ({ body, headers, caller, traceparent }, app) => {
  const { ids, replayed } = await submit(app, known, {
    requests: body.jobs,
    body,
    caller,
    traceparent,
    at: (i) => `/jobs/${i}`,
    idempotencyKey: headers["idempotency-key"],
  });
  const replay = replayed ? { "idempotent-replayed": "true" } : {};
  return { status: 202, body: { job_ids: ids }, headers: { "retry-after": "1", ...replay } };
});
