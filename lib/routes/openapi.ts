import * as z from "zod/mini";
import { component } from "../http/component.ts";
import { admitToDocs } from "../http/docs-access.ts";
import { type AnyRoute, isDescribed, openRoute } from "../http/route.ts";
import { forCallers, type Tasks } from "../tasks.ts";

const documents = new WeakMap<Tasks, Record<string, unknown>>();

/** GET /openapi.json, for those whom DOCS admits: the routes and the tasks' payloads as OpenAPI 3.1. */
export const openapi = openRoute({
  name: "openapi",
  method: "GET",
  path: "/openapi.json",
  summary: "This description, as OpenAPI 3.1",
  anyKey: true,
  answers: {
    200: {
      description: "An OpenAPI document",
      schema: component("OpenApiDocument", () => z.record(z.string(), z.unknown())),
    },
  },
  errors: ["unauthorized", "route_not_found"],

  async answer(request, { deployment, routes }) {
    await admitToDocs(request, deployment);
    const body = await described(routes, await deployment.tasks());
    return { status: 200, body, headers: { "cache-control": "private, max-age=60" } };
  },
});

/** Describes the routes, once for the same tasks. */
async function described(routes: readonly AnyRoute[], tasks: Tasks): Promise<Record<string, unknown>> {
  const known = documents.get(tasks);
  if (known) return known;
  const { describeApi } = await import("../openapi/openapi.ts");
  const document = describeApi(routes.filter(isDescribed), forCallers(tasks));
  documents.set(tasks, document);
  return document;
}
