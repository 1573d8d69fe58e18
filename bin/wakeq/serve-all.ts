import { startServer } from "../../lib/adapters/server.ts";
import { startService } from "../../lib/adapters/service.ts";
import type { Core } from "../../lib/app/core.ts";
import { createWorker } from "../../lib/app/worker-app.ts";
import { createApi } from "../../lib/http/api.ts";
import { EVERY_ROUTE } from "../../lib/routes/all.ts";

/** Serves a queue's API and pages, and runs its jobs, in this process. Ends with `shutdown`. */
export async function serveAll(core: Core, shutdown: AbortSignal): Promise<{ url: string; ended: Promise<unknown> }> {
  const deployment = core.deployment();
  const { config, log } = await deployment.app();
  const app = await createWorker(core.tasks, core.given)();
  const service = await startService(app, shutdown);
  core.start = () => fetch(`${service.url}/invocations`, { method: "POST" });
  const api = createApi(deployment, EVERY_ROUTE, core.basePath);
  const server = await startServer(api, config.api, log, shutdown);
  return { url: server.url, ended: Promise.all([server.ended, service.ended]) };
}
