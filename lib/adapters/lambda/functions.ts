import { coreOf, type Served } from "../../app/core.ts";
import { createApi } from "../../http/api.ts";
import type { AnyRoute } from "../../http/route.ts";
import { type ApiFunction, requestOf, resultOf } from "./event.ts";

/** Makes a function that serves some routes of a queue. */
export function functionOf(served: Served, routes: readonly AnyRoute[]): ApiFunction {
  const { deployment, basePath } = coreOf(served);
  const api = createApi(deployment(), routes, basePath);
  return async (event, context) => resultOf(await api.answer(requestOf(event, context?.awsRequestId)));
}
