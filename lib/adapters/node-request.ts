import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { ApiRequest } from "../http/request.ts";

/** Reads all of a request but its body. Repeated headers and parameters are joined with commas, as API Gateway does; cookies as browsers do. */
export function requestOf({ method = "", url = "/", headersDistinct, socket }: IncomingMessage): ApiRequest {
  const [path = "/", ...rest] = url.split("?");
  // A Unix socket has no address: it is of this machine.
  const remoteAddress = socket.remoteAddress ?? (socket.destroyed ? "unknown" : undefined);
  const joined = (name: string, values: string[]) => values.join(name === "cookie" ? "; " : ",");
  return {
    method,
    path,
    query: queryOf(rest.join("?")),
    headers: Object.fromEntries(Object.entries(headersDistinct).map(([name, values]) => [name, joined(name, values!)])),
    requestId: randomUUID(),
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
  };
}

/** Reads the body. One that is too large is not read to its end; where `mostBytes` is 0, none is kept. */
export async function bodyOf(request: IncomingMessage, mostBytes: number): Promise<Buffer | "too large"> {
  if (mostBytes === 0) {
    request.resume();
    return Buffer.alloc(0);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) return "too large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function queryOf(text: string): Record<string, string> {
  const given = new URLSearchParams(text);
  return Object.fromEntries([...new Set(given.keys())].map((name) => [name, given.getAll(name).join(",")]));
}
