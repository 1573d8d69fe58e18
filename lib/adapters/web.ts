import type { Core } from "../app/core.ts";
import { type Api, createApi } from "../http/api.ts";
import type { WrittenReply } from "../http/reply.ts";
import type { ApiRequest } from "../http/request.ts";
import { EVERY_ROUTE } from "../routes/all.ts";

const apis = new WeakMap<Core, Api>();

/** Makes the API of a queue, once, with every route. */
function apiOf(core: Core): Api {
  const known = apis.get(core);
  if (known) return known;
  const api = createApi(core.deployment(), EVERY_ROUTE, core.basePath);
  apis.set(core, api);
  return api;
}

/** Serves the API of a queue to whatever speaks the web's types: `Request` in, `Response` out. */
export function fetchOf(core: Core): (request: Request) => Promise<Response> {
  const api = apiOf(core);
  return async (request) => {
    const head = requestOf(request);
    const admitted = await api.admit(head);
    if ("refused" in admitted) return responseOf(admitted.refused);
    const body = admitted.bodyBytes > 0 ? new Uint8Array(await request.arrayBuffer()) : new Uint8Array();
    return responseOf(await api.answer({ ...head, body }));
  };
}

function requestOf({ method, url, headers }: Request): ApiRequest {
  const { pathname, searchParams } = new URL(url);
  const names = [...new Set(searchParams.keys())];
  return {
    method,
    path: pathname,
    query: Object.fromEntries(names.map((name) => [name, searchParams.getAll(name).join(",")])),
    headers: Object.fromEntries(headers),
  };
}

/** Makes a `Response` of a reply. */
export function responseOf({ status, headers, body }: WrittenReply): Response {
  const isEmpty = status === 204 || status === 304 || body.length === 0;
  return new Response(isEmpty ? null : (body as Uint8Array<ArrayBuffer>), { status, headers });
}
