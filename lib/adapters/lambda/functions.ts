import { coreOf, type Served } from "../../app/core.ts";
import { runsOffline } from "../../config/config.ts";
import { createApi } from "../../http/api.ts";
import type { WrittenReply } from "../../http/reply.ts";
import type { ApiRequest } from "../../http/request.ts";
import type { AnyRoute } from "../../http/route.ts";
import { type ApiFunction, requestOf, resultOf } from "./event.ts";

/** Makes a function that serves some routes of a queue. `basePath`: where it is mounted, if not where the queue's options say. */
export function functionOf(served: Served, routes: readonly AnyRoute[], basePath?: string): ApiFunction {
  const core = coreOf(served);
  const deployment = core.deployment();
  const api = createApi(deployment, routes, basePath ?? core.basePath);
  return async (event, context) => {
    const request = requestOf(event, context?.awsRequestId);
    return resultOf((await refused(request)) ?? (await api.answer(request)));
  };

  async function refused(request: ApiRequest): Promise<WrittenReply | undefined> {
    if (!runsOffline()) return undefined;
    const { refusedHere } = await import("./offline-door.ts");
    return refusedHere(request, deployment);
  }
}
