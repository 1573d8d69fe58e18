import { routes } from "../lib/api.ts";
import { admitToDocs } from "../lib/docs-access.ts";
import { openEndpoint } from "../lib/open.ts";
import { describeApi } from "../lib/openapi.ts";
import { forCallers } from "../lib/tasks.ts";
import { tasks } from "../tasks/index.ts";

let document: Record<string, unknown> | undefined;

/** GET /openapi.json, for whom DOCS says: the routes and the tasks' payloads as OpenAPI 3.1. Answer: `routes.openapi`. */
export const handler = openEndpoint(routes.openapi, described, admitToDocs);

function described() {
  document ??= describeApi(Object.values(routes), forCallers(tasks));
  return { status: 200, body: document, headers: { "cache-control": "private, max-age=60" } };
}
