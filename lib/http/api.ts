import type { Deployment } from "../app/deployment.ts";
import { Problem } from "../errors.ts";
import { preflight } from "./preflight.ts";
import type { WrittenReply } from "./reply.ts";
import type { ApiRequest } from "./request.ts";
import { respond, respondOpenly } from "./respond.ts";
import type { AnyRoute } from "./route.ts";
import { findRoute } from "./router.ts";

/** The HTTP API of a deployment: plain requests in, plain replies out. The adapters serve it on each platform. */
export interface Api {
  /** Answers a request, whatever it is. Never throws. */
  answer(request: ApiRequest): Promise<WrittenReply>;
}

/**
 * Makes the API of some routes: those of one Lambda function, or all of them. `basePath`: where the application mounts it; paths
 * that do not begin with it are taken as they are, since some frameworks cut it off.
 */
export function createApi(deployment: Deployment, routes: readonly AnyRoute[], basePath = ""): Api {
  const place = { deployment, routes };

  function found(request: ApiRequest): Promise<WrittenReply> {
    if (request.method === "OPTIONS") return respondOpenly(preflight, request, place);
    const match = findRoute(routes, request.method, request.path);
    if (!match || "allow" in match) return respondOpenly(noRoute, request, place);
    const { route, parameters } = match;
    if ("show" in route) return route.show(request, parameters, deployment);
    if ("handle" in route) return respond(route, request, parameters, deployment);
    return respondOpenly(route, request, place);
  }

  return {
    async answer(arrived) {
      const request = within(arrived, basePath);
      const reply = await found(request);
      return request.method === "HEAD" ? { ...reply, body: "" } : reply;
    },
  };
}

/** Cuts off the path under which the API is mounted. */
export function within(request: ApiRequest, basePath: string): ApiRequest {
  if (basePath === "") return request;
  const { path } = request;
  const isBelow = path === basePath || path.startsWith(`${basePath}/`);
  return { ...request, base: basePath, path: isBelow ? path.slice(basePath.length) || "/" : path };
}

/** What no route is for: another method, or no such path. */
const noRoute: Parameters<typeof respondOpenly>[0] = {
  name: "api",
  async answer({ method, path, base = "" }, { routes }) {
    const match = findRoute(routes, method, path);
    if (!match || !("allow" in match)) throw new Problem("route_not_found", nowhere(method, path, base));
    const allow = match.allow.join(", ");
    throw new Problem("method_not_allowed", `${path} takes ${allow}, not ${method}`, { headers: { allow } });
  },
};

function nowhere(method: string, path: string, base: string): string {
  const there = base === "" ? "" : ` under ${base}`;
  return `there is no ${method} ${path}${there}; GET ${base}/openapi.json lists every route`;
}
