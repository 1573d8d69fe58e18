import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Reads the body. One that is too large is not read to its end; where `mostBytes` is absent, none is kept. */
export async function bodyOf(request: IncomingMessage, mostBytes?: number): Promise<Buffer | "too large"> {
  if (mostBytes === undefined) {
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

/**
 * Makes the event that API Gateway's HTTP API would make of a request: payload format 2.0, where what is empty is absent
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html). Every body goes
 * as base64, as it does there for what `curl -d` sends: so no byte changes on the way.
 */
export function eventOf(
  request: IncomingMessage,
  routeKey: string,
  parameters: Record<string, string>,
  body: Buffer,
): Record<string, unknown> {
  const [rawPath = "/", ...rest] = (request.url ?? "/").split("?");
  const rawQueryString = rest.join("?");
  const { cookie, ...headers } = request.headersDistinct;
  const query = queryOf(rawQueryString);
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.flatMap((each) => each.split(/; */)) }),
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values!.join(",")])),
    ...(Object.keys(query).length > 0 ? { queryStringParameters: query } : {}),
    ...(Object.keys(parameters).length > 0 ? { pathParameters: parameters } : {}),
    ...(body.length > 0 ? { body: body.toString("base64"), isBase64Encoded: true } : { isBase64Encoded: false }),
    requestContext: {
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      timeEpoch: Date.now(),
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress,
        userAgent: request.headers["user-agent"] ?? "",
      },
    },
  };
}

function queryOf(text: string): Record<string, string> {
  const given = new URLSearchParams(text);
  return Object.fromEntries([...new Set(given.keys())].map((name) => [name, given.getAll(name).join(",")]));
}
