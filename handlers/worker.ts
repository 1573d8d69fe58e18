import type { Context } from "aws-lambda";
import { invocation } from "../lib/invocation.ts";
import { workerApp } from "../lib/worker-app.ts";
import { tasks } from "../tasks/index.ts";

/** The worker: invoked by a submit, by another worker or by the schedule. Drains the queue and says what happened. */
export const handler = async (event: unknown, context: Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">) => {
  const life = { remainingMs: () => context.getRemainingTimeInMillis() };
  return invocation(await workerApp(), tasks, event, life, context.awsRequestId);
};
