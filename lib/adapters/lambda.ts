import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { WorkerApp } from "../app/worker-app.ts";
import type { Api } from "../http/api.ts";
import type { DrainSummary } from "../worker/drain.ts";
import { invocation } from "./invocation.ts";
import { requestOf, resultOf } from "./lambda-event.ts";
import { livingLocally } from "./local-life.ts";

/** Serves an API as a Lambda function behind API Gateway (payload format 2.0). */
export function apiHandler(api: Api) {
  return async (
    event: APIGatewayProxyEventV2,
    context?: Partial<Context>,
  ): Promise<APIGatewayProxyStructuredResultV2> => resultOf(await api.answer(requestOf(event, context?.awsRequestId)));
}

type WorkerContext = Pick<Context, "awsRequestId" | "getRemainingTimeInMillis">;

/** Runs the worker as a Lambda function: a submit, another worker or the schedule invokes it. It says what happened. */
export function workerHandler(workerApp: () => Promise<WorkerApp>) {
  return async (event: unknown, context: WorkerContext): Promise<DrainSummary> => {
    const app = await workerApp();
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
