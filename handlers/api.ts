import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { guarded } from "../lib/adapters/guarded.ts";
import { Problem } from "../lib/errors.ts";
import { incoming } from "../lib/http/event.ts";
import { openEndpoint } from "../lib/http/open-endpoint.ts";
import { EVERY_ROUTE, findRoute } from "../lib/routes/router.ts";
import { type Handler, handlers } from "./routes/all.ts";

/**
 * Every route that has no function of its own, and whatever API Gateway knows no route for: `HEAD`, a path that ends with a
 * slash, another method, no such path. A route whose modules do not load answers with a problem; the others go on.
 */
export const handler: Handler = async (event: APIGatewayProxyEventV2, context) => {
  const { method } = incoming(event);
  if (method === "OPTIONS") return (await import("./routes/preflight.ts")).handler(event);
  const result = await answered(event, context);
  return method === "HEAD" ? { ...result, body: "", isBase64Encoded: false } : result;
};

const answered: Handler = async (event, context) => {
  const { method, path } = incoming(event);
  const found = findRoute(EVERY_ROUTE, method, path);
  if (!found || "allow" in found) return refused(event);
  const { name } = found.route;
  const handle = await guarded(name, handlers[name]);
  return handle({ ...event, pathParameters: found.parameters }, context);
};

const refused = openEndpoint({ name: "api" }, (_, { method, path }) => {
  const found = findRoute(EVERY_ROUTE, method, path);
  if (!found || !("allow" in found))
    throw new Problem("route_not_found", `there is no ${method} ${path}; GET /openapi.json lists every route`);
  const allow = found.allow.join(", ");
  throw new Problem("method_not_allowed", `${path} takes ${allow}, not ${method}`, { headers: { allow } });
});
