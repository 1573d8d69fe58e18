import { admitToDocs } from "../../lib/http/docs-access.ts";
import { openEndpoint } from "../../lib/http/open-endpoint.ts";
import { describeApi } from "../../lib/openapi/openapi.ts";
import { routes } from "../../lib/routes/api.ts";
import { forCallers } from "../../lib/tasks.ts";
import { tasks } from "../../tasks/index.ts";

let document: Record<string, unknown> | undefined;

/** GET /openapi.json, for those whom DOCS admits: the routes and the tasks' payloads as OpenAPI 3.1. Answer: `routes.openapi`. */
export const handler = openEndpoint(routes.openapi, described, admitToDocs);

function described() {
  document ??= describeApi(Object.values(routes), forCallers(tasks));
  return { status: 200, body: document, headers: { "cache-control": "private, max-age=60" } };
}
