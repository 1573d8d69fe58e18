import { coreOf, type Served } from "../../app/core.ts";
import { createApi } from "../../http/api.ts";
import type { AnyRoute } from "../../http/route.ts";
import { type ApiFunction, requestOf, resultOf } from "./event.ts";

/** Makes a function that serves some routes of a queue. `basePath`: where it is mounted, if not where the queue's options say. */
export function functionOf(served: Served, routes: readonly AnyRoute[], basePath?: string): ApiFunction {
  const core = coreOf(served);
  const api = createApi(core.deployment(), routes, basePath ?? core.basePath);
  return async (event, context) => resultOf(await api.answer(requestOf(event, context?.awsRequestId)));
}
