import { startServer } from "../lib/adapters/server.ts";
import { createDeployment } from "../lib/app/deployment.ts";
import { warnOfMisspelt } from "../lib/app/unknown-settings.ts";
import { createServedApi } from "../lib/http/admission.ts";
import { EVERY_ROUTE } from "../lib/routes/all.ts";
import { indexTasks } from "../lib/tasks.ts";
import { untilEnded } from "./until-ended.ts";

/** Loaded when a request first needs them: while they do not load, the routes that need no task go on. */
const tasks = async () => indexTasks((await import("../tasks/index.ts")).taskList);

/** Runs the HTTP API as a long-running process, for a container: `npm run bundle` builds it. SIGTERM lets requests end. */
untilEnded(async (shutdown) => {
  const deployment = createDeployment(tasks);
  const { config, log } = await deployment.app();
  warnOfMisspelt(log);
  return startServer(createServedApi(deployment, EVERY_ROUTE), config.api, log, shutdown);
});
