import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { coreOf, type Served } from "../../app/core.ts";
import { createApi } from "../../http/api.ts";
import type { AnyRoute } from "../../http/route.ts";
import { requestOf, resultOf } from "./event.ts";

/** A function behind API Gateway's HTTP API (payload format 2.0). */
export type ApiFunction = (
  event: APIGatewayProxyEventV2,
  context?: Partial<Context>,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Makes a function that serves some routes of a queue. */
export function functionOf(served: Served, routes: readonly AnyRoute[]): ApiFunction {
  const { deployment, basePath } = coreOf(served);
  const api = createApi(deployment(), routes, basePath);
  return async (event, context) => resultOf(await api.answer(requestOf(event, context?.awsRequestId)));
}
