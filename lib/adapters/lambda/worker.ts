import { coreOf, type Served } from "../../app/core.ts";
import { createWorker } from "../../app/worker-app.ts";
import { once } from "../../once.ts";
import type { DrainSummary } from "../../worker/drain.ts";
import { invocation } from "../invocation.ts";
import { livingLocally } from "./local-life.ts";

export { queueIn } from "../../app/exported-queue.ts";

/** What the worker needs of Lambda's context. */
interface WorkerContext {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** The worker's function. The event says what woke it. */
export type WorkerFunction = (event: unknown, context: WorkerContext) => Promise<DrainSummary>;

/** Makes the worker's function: a submit, another worker or the schedule invokes it. It drains the queue and says what happened. */
export function workerHandler(served: Served): WorkerFunction {
  const workerApp = once(() => {
    const { tasks, given } = coreOf(served);
    return createWorker(tasks, given);
  });
  return async (event, context) => {
    const app = await workerApp()();
    const { isLocal, worker } = app.config;
    const remainingMs = () => context.getRemainingTimeInMillis();
    if (!isLocal) return invocation(app, event, { remainingMs }, context.awsRequestId);
    return livingLocally(remainingMs, (shutdown) => {
      // Where one worker must end, all must: the jobs that it gives back wait for the next start.
      const wake: typeof app.wake = async (...why) => void (shutdown.aborted || (await app.wake(...why)));
      const life = { remainingMs, shutdown, graceMs: worker.graceMs };
      return invocation({ ...app, wake }, event, life, context.awsRequestId);
    });
  };
}
