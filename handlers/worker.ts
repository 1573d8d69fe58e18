import { workerHandler } from "../lib/adapters/lambda.ts";
import { environmentWorker } from "../lib/app/worker-app.ts";
import { tasks } from "../tasks/index.ts";

/** The worker: a submit, another worker or the schedule invokes it. It drains the queue and says what happened. */
export const handler = workerHandler(environmentWorker(tasks));
