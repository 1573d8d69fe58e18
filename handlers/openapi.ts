import { routes } from "../lib/api.ts";
import { openEndpoint } from "../lib/open.ts";
import { describeApi } from "../lib/openapi.ts";
import { forCallers } from "../lib/tasks.ts";
import { tasks } from "../tasks/index.ts";

let document: Record<string, unknown> | undefined;

/** GET /openapi.json: the routes and the tasks' payloads as OpenAPI 3.1. Answer: `routes.openapi`. */
export const handler = openEndpoint(routes.openapi, () => {
  document ??= describeApi(Object.values(routes), forCallers(tasks));
  return { status: 200, body: document, headers: { "cache-control": "public, max-age=60" } };
});
