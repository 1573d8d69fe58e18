import { workerHandler } from "../lib/adapters/lambda/worker.ts";
import { taskList as tasks } from "../tasks/index.ts";

/** Runs the jobs. */
export const handler = workerHandler({ tasks });
