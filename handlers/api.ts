import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { Problem } from "../lib/errors.ts";
import { incoming } from "../lib/http/event.ts";
import { openEndpoint } from "../lib/http/open-endpoint.ts";
import { EVERY_ROUTE, findRoute, type ServedName } from "../lib/routes/router.ts";

// biome-ignore lint/suspicious/noExplicitAny: each handler types the event as it likes; all read it with care
type Handler = (event: any, context?: Partial<Context>) => Promise<APIGatewayProxyStructuredResultV2>;
type Load = () => Promise<{ handler: Handler }>;

/** The functions with a route, loaded when they are first needed: most requests reach their own function and not this one. */
const handlers: Record<ServedName, Load> = {
  submitJob: () => import("./submitJob.ts"),
  submitJobs: () => import("./submitJobs.ts"),
  jobStatus: () => import("./jobStatus.ts"),
  listJobs: () => import("./listJobs.ts"),
  cancelJob: () => import("./cancelJob.ts"),
  retryJob: () => import("./retryJob.ts"),
  queueStats: () => import("./queueStats.ts"),
  health: () => import("./health.ts"),
  openapi: () => import("./openapi.ts"),
  dashboard: () => import("./dashboard.ts"),
  docs: () => import("./docs.ts"),
  problems: () => import("./problems.ts"),
};

/** Answers every request that API Gateway has no function for: `HEAD`, a path that ends with a slash, another method, no such path. */
export const handler: Handler = async (event: APIGatewayProxyEventV2, context) => {
  const { method } = incoming(event);
  if (method === "OPTIONS") return (await import("./preflight.ts")).handler(event);
  const result = await answered(event, context);
  return method === "HEAD" ? { ...result, body: "", isBase64Encoded: false } : result;
};

const answered: Handler = async (event, context) => {
  const { method, path } = incoming(event);
  const found = findRoute(EVERY_ROUTE, method, path);
  if (!found || "allow" in found) return refused(event);
  const { handler } = await handlers[found.route.name]();
  return handler({ ...event, pathParameters: found.parameters }, context);
};

const refused = openEndpoint({ name: "api" }, (_, { method, path }) => {
  const found = findRoute(EVERY_ROUTE, method, path);
  if (!found || !("allow" in found))
    throw new Problem("route_not_found", `there is no ${method} ${path}; GET /openapi.json lists every route`);
  const allow = found.allow.join(", ");
  throw new Problem("method_not_allowed", `${path} takes ${allow}, not ${method}`, { headers: { allow } });
});
