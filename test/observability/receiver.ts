import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { OtlpSpan } from "../../lib/observability/otlp.ts";

interface Received {
  path: string;
  headers: Record<string, unknown>;
  body: {
    resourceSpans: { resource: { attributes: unknown[] }; scopeSpans: { scope: object; spans: OtlpSpan[] }[] }[];
  };
}

/** Receives OTLP over HTTP in place of a collector, and keeps what it gets. */
export async function startReceiver(
  answer: (response: ServerResponse) => void = (response) => void response.end("{}"),
) {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    requests.push({ path: `${request.method} ${request.url}`, headers: request.headers, body: JSON.parse(body) });
    answer(response);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const spansOf = ({ body }: Received) =>
    body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    requests,
    spans: () => requests.flatMap(spansOf),
    /** The number of spans in each request. */
    batches: () => requests.map((request) => spansOf(request).length),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A span with its attributes as a plain object. */
export function plain({ attributes, ...span }: OtlpSpan) {
  const entries = attributes.map(({ key, value }) => [
    key,
    "intValue" in value ? Number(value.intValue) : value.stringValue,
  ]);
  return { ...span, attributes: Object.fromEntries(entries) as Record<string, unknown> };
}
