import "./dotenv.ts";
import { startService } from "../lib/adapters/service.ts";
import { createWorker } from "../lib/app/worker-app.ts";
import { indexTasks } from "../lib/tasks.ts";
import { taskList } from "../tasks/index.ts";
import { useRunningStack } from "./beside-stack.ts";
import { untilEnded } from "./until-ended.ts";

/**
 * Runs `npm run worker`: the worker as a long-running process. On SIGTERM its jobs end or are given back. Beside `npm start`
 * it needs no settings.
 */
untilEnded(async (shutdown) => {
  await useRunningStack();
  return startService(await createWorker(indexTasks(taskList))(), shutdown);
});
