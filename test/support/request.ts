import { request } from "node:http";

/** A request to be sent byte for byte: for example with a path that no client library would accept. */
export interface Sent {
  method: string;
  /** The path with its query, encoded. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** In an event: the body is base64. */
  base64?: boolean;
}

export function sentAs({ method, path, headers = {}, body }: Sent) {
  const [before, ...query] = path.split("?");
  return {
    method,
    path: before!,
    query: query.join("?"),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: body === undefined ? undefined : Buffer.from(body),
  };
}

/** Sends it over HTTP, with nothing corrected on the way. */
export function sendHttp(url: string, { method, path, headers = {}, body }: Sent) {
  const { hostname, port } = new URL(url);
  return new Promise<{ status: number; headers: Record<string, string>; text: string }>((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const length = bytes === undefined || "transfer-encoding" in headers ? {} : { "content-length": bytes.length };
    const sent = request({ hostname, port, method, path, headers: { ...length, ...headers }, agent: false });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.end(bytes);
  });
}
