import { workerHandler } from "wakeq/lambda/worker";
import { queue } from "./queue.ts";

/** Invoked by a submit (WORKER_FUNCTION_NAME), and once a minute by a schedule, with {"source":"tick"}. */
export const handler = workerHandler(queue);
