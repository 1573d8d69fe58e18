import { randomUUID } from "node:crypto";
import type { Core } from "../app/core.ts";
import type { WrittenReply } from "../http/reply.ts";
import type { ApiRequest } from "../http/request.ts";
import { apiOf } from "./queue-api.ts";

/**
 * Serves the API of a queue to whatever speaks the web's types: `Request` in, `Response` out. `basePath`: where it is mounted,
 * if not where the queue's options say.
 *
 * @throws TypeError where the application has read the body already
 */
export function fetchOf(core: Core, basePath?: string): (request: Request) => Promise<Response> {
  const api = apiOf(core, basePath);
  return async (request) => {
    const head = requestOf(request);
    const admitted = await api.admit(head);
    if ("refused" in admitted) return responseOf(admitted.refused);
    const { bodyBytes } = admitted;
    const body = await bodyOf(request, bodyBytes);
    if (body === "too large") return responseOf(api.tooLarge(head, bodyBytes));
    return responseOf(await api.answer({ ...head, body }));
  };
}

/** Reads all of a request but its body. Servers that make the address of the header `Host` may leave the header out. */
function requestOf({ method, url, headers }: Request): ApiRequest {
  const { pathname, searchParams, host } = new URL(url);
  const names = [...new Set(searchParams.keys())];
  return {
    method,
    path: pathname,
    query: Object.fromEntries(names.map((name) => [name, searchParams.getAll(name).join(",")])),
    headers: { host, ...Object.fromEntries(headers) },
    requestId: randomUUID(),
  };
}

/** Reads the body, as far as it is accepted. Where `mostBytes` is 0, nothing is read. */
async function bodyOf(request: Request, mostBytes: number): Promise<Uint8Array | "too large"> {
  if (mostBytes === 0 || !request.body) return new Uint8Array();
  if (request.bodyUsed)
    throw new TypeError("the request's body has been read already: give queue.fetch the request as it came");
  const chunks: Uint8Array[] = [];
  const reader = request.body.getReader();
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    bytes += value.length;
    if (bytes > mostBytes) {
      await reader.cancel();
      return "too large";
    }
    chunks.push(value);
  }
}

/** Makes a `Response` of a reply. */
export function responseOf({ status, headers, body }: WrittenReply): Response {
  const isEmpty = status === 204 || status === 304 || body.length === 0;
  return new Response(isEmpty ? null : (body as Uint8Array<ArrayBuffer>), { status, headers });
}
