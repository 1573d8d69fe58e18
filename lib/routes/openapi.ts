import { admitToDocs } from "../http/docs-access.ts";
import { type AnyRoute, isDescribed, openRoute } from "../http/route.ts";
import { forCallers, type Tasks } from "../tasks.ts";

const documents = new WeakMap<Tasks, Record<string, unknown>>();

/** GET /openapi.json, for those whom DOCS admits: the routes and the tasks' payloads as OpenAPI 3.1. */
export const openapi = openRoute({
  name: "openapi",
  method: "GET",
  path: "/openapi.json",
  anyKey: true,
  errors: ["unauthorized", "route_not_found"],

  async answer(request, { deployment, routes }) {
    await admitToDocs(request, deployment);
    const document = await documentOf(routes, await deployment.tasks());
    const { base = "" } = request;
    const servers = [{ url: base, description: "This deployment" }];
    const body = base === "" ? document : { ...document, servers };
    return { status: 200, body, headers: { "cache-control": "private, max-age=60" } };
  },
});

/** Describes the routes, once for the same tasks. */
async function documentOf(routes: readonly AnyRoute[], tasks: Tasks): Promise<Record<string, unknown>> {
  const known = documents.get(tasks);
  if (known) return known;
  const [{ describeApi }, { described }] = await Promise.all([
    import("../openapi/openapi.ts"),
    import("./described/all.ts"),
  ]);
  const document = describeApi(routes.filter(isDescribed), described, forCallers(tasks));
  documents.set(tasks, document);
  return document;
}
