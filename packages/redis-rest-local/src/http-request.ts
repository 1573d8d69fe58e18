import type { IncomingMessage } from "node:http";

/** Reads the body of a request. If it is larger than `limit`, returns only its size: the bytes are read and dropped. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer | { bytes: number }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on("end", () => {
      if (bytes > limit) resolve({ bytes });
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    request.on("error", reject);
  });
}

/** Splits a request's target into path and query, both undecoded. The target may be a whole address, as proxies get it. */
export function splitTarget(given: string): { path: string; query: string } {
  const target = given.replace(/^https?:\/\/[^/?]*\/?/i, "/");
  const at = target.indexOf("?");
  return at < 0 ? { path: target, query: "" } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** Returns the token of a request: from `Authorization: Bearer …`, else from `?_token=…`; "" if there is none. */
export function tokenOf(request: IncomingMessage, query: string): string {
  const { authorization } = request.headers;
  if (authorization !== undefined) return authorization.replace(/^bearer +/i, "");
  return query === "" ? "" : (new URLSearchParams(query).get("_token") ?? "");
}
