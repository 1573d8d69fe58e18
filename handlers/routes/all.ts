import type { APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { ServedName } from "../../lib/routes/router.ts";

// biome-ignore lint/suspicious/noExplicitAny: each handler types the event as it likes; all read it with care
export type Handler = (event: any, context?: Partial<Context>) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The handler of every route, by the route's name: what the function `api` and the container serve. Each is loaded when it is
 * first needed, so that a list of jobs does not load the docs page.
 */
export const handlers: Record<ServedName, () => Promise<{ handler: Handler }>> = {
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
