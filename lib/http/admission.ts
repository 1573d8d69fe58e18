import type { Deployment } from "../app/deployment.ts";
import { Problem } from "../errors.ts";
import { type Api, createApi, within } from "./api.ts";
import { atDoor } from "./at-door.ts";
import { BODY_BYTES } from "./body.ts";
import { problemReply, type WrittenReply } from "./reply.ts";
import type { ApiRequest } from "./request.ts";
import { refusal } from "./respond.ts";
import type { AnyRoute } from "./route.ts";
import { findRoute } from "./router.ts";

/** An API whose bodies are read by us, after the headers have come. */
export interface ServedApi extends Api {
  /** Says, by the headers alone, whether a request is refused. */
  admit(request: ApiRequest): Promise<Admitted>;
  /** Answers a request whose body turned out to have more bytes than `admit` allows. */
  tooLarge(request: ApiRequest, bodyBytes: number): WrittenReply;
}

/** Makes the API of some routes for a server. A function on Lambda gets its requests whole: see `createApi`. */
export function createServedApi(deployment: Deployment, routes: readonly AnyRoute[], basePath = ""): ServedApi {
  return {
    ...createApi(deployment, routes, basePath),
    admit: (arrived) => admit(within(arrived, basePath), deployment, routes),
    tooLarge: (arrived, bodyBytes) => tooLarge(within(arrived, basePath), bodyBytes),
  };
}

/** Whether a request may come in: refused with an answer, or how many bytes of its body are to be read. */
type Admitted = { refused: WrittenReply } | { bodyBytes: number };

async function admit(request: ApiRequest, deployment: Deployment, routes: readonly AnyRoute[]): Promise<Admitted> {
  const turnedAway = await atDoor(request, deployment);
  if (turnedAway) return { refused: problemReply(turnedAway, request) };
  const match = findRoute(routes, request.method, request.path);
  if (!match || !("route" in match) || !("handle" in match.route)) return { bodyBytes: 0 };
  const { route } = match;
  const refused = await refusal(route, request, deployment);
  return refused ? { refused } : { bodyBytes: route.body ? (route.bodyBytes ?? BODY_BYTES) : 0 };
}

function tooLarge(request: ApiRequest, bodyBytes: number): WrittenReply {
  const detail = `the body has more than the ${bodyBytes} bytes that are accepted`;
  return problemReply(new Problem("payload_too_large", detail), request);
}
