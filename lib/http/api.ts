import type { Deployment } from "../app/deployment.ts";
import { Problem } from "../errors.ts";
import { BODY_BYTES } from "./body.ts";
import { foreign } from "./door.ts";
import { preflight } from "./preflight.ts";
import { problemReply, type WrittenReply } from "./reply.ts";
import type { ApiRequest } from "./request.ts";
import { refusal, respond, respondOpenly } from "./respond.ts";
import type { AnyRoute } from "./route.ts";
import { findRoute } from "./router.ts";
import { translated } from "./translated.ts";

/** The HTTP API of a deployment: plain requests in, plain replies out. The adapters serve it on each platform. */
export interface Api {
  /** Answers a request, whatever it is. Never throws. */
  answer(request: ApiRequest): Promise<WrittenReply>;
  /** Says, by the headers alone, whether a request is refused, else how many bytes of its body are to be read. */
  admit(request: ApiRequest): Promise<{ refused: WrittenReply } | { bodyBytes: number }>;
  /** Answers a request whose body turned out to have more bytes than `admit` allows. */
  tooLarge(request: ApiRequest, bodyBytes: number): WrittenReply;
}

/**
 * Makes the API of some routes: those of one Lambda function, or all of them. `basePath`: where the application mounts it; paths
 * that do not begin with it are taken as they are, since some frameworks cut it off.
 */
export function createApi(deployment: Deployment, routes: readonly AnyRoute[], basePath = ""): Api {
  const place = { deployment, routes };

  /** Cuts off the path under which the API is mounted. */
  function within(request: ApiRequest): ApiRequest {
    if (basePath === "") return request;
    const { path } = request;
    const isBelow = path === basePath || path.startsWith(`${basePath}/`);
    return { ...request, base: basePath, path: isBelow ? path.slice(basePath.length) || "/" : path };
  }

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
      const request = within(arrived);
      const reply = await found(request);
      return request.method === "HEAD" ? { ...reply, body: "" } : reply;
    },

    async admit(arrived) {
      const request = within(arrived);
      const turnedAway = await atDoor(request, deployment);
      if (turnedAway) return { refused: problemReply(turnedAway, request) };
      const match = findRoute(routes, request.method, request.path);
      if (!match || !("route" in match) || !("handle" in match.route)) return { bodyBytes: 0 };
      const { route } = match;
      const refused = await refusal(route, request, deployment);
      return refused ? { refused } : { bodyBytes: route.body ? (route.bodyBytes ?? BODY_BYTES) : 0 };
    },

    tooLarge(arrived, bodyBytes) {
      const detail = `the body has more than the ${bodyBytes} bytes that are accepted`;
      return problemReply(new Problem("payload_too_large", detail), within(arrived));
    },
  };
}

/** Says why the request may not come in, where a local stack is open without keys. */
async function atDoor({ headers }: ApiRequest, deployment: Deployment): Promise<Problem | undefined> {
  const log = deployment.log();
  try {
    const door = await deployment.door();
    return door && foreign(headers, door, log);
  } catch (thrown) {
    return translated(thrown, "door", log, deployment);
  }
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
