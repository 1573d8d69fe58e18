import type { Context } from "aws-lambda";
import { invocation } from "../lib/adapters/invocation.ts";
import { livingLocally } from "../lib/adapters/local-life.ts";
import { workerApp } from "../lib/app/worker-app.ts";
import { tasks } from "../tasks/index.ts";

/** The worker: invoked by a submit, by another worker or by the schedule. Drains the queue and says what happened. */
export const handler = async (event: unknown, context: Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">) => {
  const app = await workerApp();
  const { isLocal, worker } = app.config;
  const remainingMs = () => context.getRemainingTimeInMillis();
  if (!isLocal) return invocation(app, tasks, event, { remainingMs }, context.awsRequestId);
  return livingLocally(remainingMs, (shutdown) => {
    // Where one worker must end, all must: what it gives back waits for the next start.
    const wake: typeof app.wake = async (...why) => void (shutdown.aborted || (await app.wake(...why)));
    const life = { remainingMs, shutdown, graceMs: worker.graceMs };
    return invocation({ ...app, wake }, tasks, event, life, context.awsRequestId);
  });
};
