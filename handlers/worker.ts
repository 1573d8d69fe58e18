import type { Context } from "aws-lambda";
import { invocation } from "../lib/adapters/invocation.ts";
import { livingLocally } from "../lib/adapters/local-life.ts";
import { workerApp } from "../lib/app/worker-app.ts";
import { tasks } from "../tasks/index.ts";

/** The worker: a submit, another worker or the schedule invokes it. Drains the queue and says what happened. */
export const handler = async (event: unknown, context: Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">) => {
  const app = await workerApp();
  const { isLocal, worker } = app.config;
  const remainingMs = () => context.getRemainingTimeInMillis();
  if (!isLocal) return invocation(app, tasks, event, { remainingMs }, context.awsRequestId);
  return livingLocally(remainingMs, (shutdown) => {
    // Where one worker must end, all must: the jobs that it gives back wait for the next start.
    const wake: typeof app.wake = async (...why) => void (shutdown.aborted || (await app.wake(...why)));
    const life = { remainingMs, shutdown, graceMs: worker.graceMs };
    return invocation({ ...app, wake }, tasks, event, life, context.awsRequestId);
  });
};
