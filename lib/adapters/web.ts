import type { Core } from "../app/core.ts";
import type { WrittenReply } from "../http/reply.ts";
import type { ApiRequest } from "../http/request.ts";
import { apiOf } from "./queue-api.ts";

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

function responseOf({ status, headers, body }: WrittenReply): Response {
  const isEmpty = status === 204 || status === 304 || body.length === 0;
  return new Response(isEmpty ? null : (body as Uint8Array<ArrayBuffer>), { status, headers });
}
