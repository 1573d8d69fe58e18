/** A request as it arrived. Every part is there and has its type, whatever invoked the function. */
export interface Incoming {
  /** The route that was found for it: `GET /job-status/{job_id}`; `$default` where none was, "" where the event says none. */
  routeKey: string;
  /** "" where the event is none of HTTP. */
  method: string;
  /** As it was sent; "" where the event is not a request. */
  path: string;
  /** Path parameters, decoded. */
  parameters: Record<string, string>;
  query: Record<string, string>;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  isBase64: boolean;
}

/**
 * Reads an event of API Gateway's HTTP API (payload format 2.0). AWS leaves out what is empty and serverless-offline says
 * null; a person's `sls invoke` may send anything.
 */
export function incoming(event: unknown): Incoming {
  const { routeKey, rawPath, pathParameters, queryStringParameters, headers, body, isBase64Encoded, requestContext } =
    fieldsOf(event);
  const { method } = fieldsOf(fieldsOf(requestContext).http);
  return {
    routeKey: typeof routeKey === "string" ? routeKey : "",
    method: typeof method === "string" ? method : "",
    path: typeof rawPath === "string" ? rawPath : "",
    parameters: textsOf(pathParameters),
    query: textsOf(queryStringParameters),
    headers: textsOf(headers, (name) => name.toLowerCase()),
    body: typeof body === "string" ? body : "",
    isBase64: isBase64Encoded === true,
  };
}

/** Reads headers or parameters. One that came several times is joined with commas, as API Gateway does. */
function textsOf(value: unknown, nameOf = (name: string) => name): Record<string, string> {
  const given = Object.entries(fieldsOf(value)).filter(([, text]) => text !== undefined && text !== null);
  return Object.fromEntries(given.map(([name, text]) => [nameOf(name), String(text)]));
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
