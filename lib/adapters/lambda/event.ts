import type { WrittenReply } from "../../http/reply.ts";
import type { ApiRequest } from "../../http/request.ts";

/**
 * Reads an event of API Gateway's HTTP API (payload format 2.0) as a request. AWS leaves out what is empty and
 * serverless-offline says null; a person's `sls invoke` may send anything: its method is "" where it is not a request.
 */
export function requestOf(event: unknown, requestId?: string): ApiRequest {
  const { rawPath, queryStringParameters, headers, cookies, body, isBase64Encoded, requestContext } = fieldsOf(event);
  const { method } = fieldsOf(fieldsOf(requestContext).http);
  return {
    method: typeof method === "string" ? method : "",
    path: typeof rawPath === "string" ? rawPath : "",
    query: textsOf(queryStringParameters),
    headers: {
      ...textsOf(headers, (name) => name.toLowerCase()),
      ...(Array.isArray(cookies) && cookies.length > 0 ? { cookie: cookies.join("; ") } : {}),
    },
    body: Buffer.from(typeof body === "string" ? body : "", isBase64Encoded === true ? "base64" : "utf8"),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** An answer as API Gateway's HTTP API takes it (payload format 2.0). */
export interface ApiResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded?: boolean;
}

/** A function behind API Gateway's HTTP API. The event is what AWS sends, or whatever else somebody invokes it with. */
export type ApiFunction = (event: unknown, context?: { awsRequestId?: string }) => Promise<ApiResult>;

/** Writes a reply as API Gateway takes it. */
export function resultOf({ status, headers, body }: WrittenReply): ApiResult {
  if (typeof body === "string") return { statusCode: status, headers, body };
  return { statusCode: status, headers, body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
}

/** Reads headers or parameters. One that came several times is joined with commas, as API Gateway does. */
function textsOf(value: unknown, nameOf = (name: string) => name): Record<string, string> {
  const given = Object.entries(fieldsOf(value)).filter(([, text]) => text !== undefined && text !== null);
  return Object.fromEntries(given.map(([name, text]) => [nameOf(name), String(text)]));
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
