import { apiHandler } from "wakeq/lambda/api";
import { queue } from "./queue.ts";

/** Behind API Gateway's HTTP API: ANY /queue and ANY /queue/{proxy+}. */
export const handler = apiHandler(queue, "/queue");
