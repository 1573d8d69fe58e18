import { PROBLEM_HEADERS, type Problem, problemBody } from "../errors.ts";
import type { ApiRequest, HeaderFields } from "./request.ts";

/** What a route answers. */
export interface Reply {
  status: number;
  headers?: HeaderFields;
  /** A value to send as JSON. Absent: an empty body. */
  body?: unknown;
  /** A text to send as it is, in place of a body. */
  text?: { type: string; body: string };
}

/** A reply that an adapter can write as it is. */
export interface WrittenReply {
  status: number;
  headers: HeaderFields;
  body: string | Uint8Array;
}

const JSON_HEADERS = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/** Writes a reply's value as JSON, or its text. */
export function written({ status, body, text, headers }: Reply, cors: HeaderFields = {}): WrittenReply {
  const type = text && { "content-type": text.type };
  return {
    status,
    headers: { ...JSON_HEADERS, ...cors, ...type, ...headers },
    body: text?.body ?? (body === undefined ? "" : JSON.stringify(body)),
  };
}

/** Writes a problem as `application/problem+json` (RFC 9457): every error that a client sees goes through here. */
export function problemReply(
  { code, message, faults = [], retryAfterSeconds, headers }: Pick<Problem, "code" | "message"> & Partial<Problem>,
  { path, base = "" }: Pick<ApiRequest, "path" | "base">,
  cors: HeaderFields = {},
): WrittenReply {
  const body = problemBody(code, message, path, base);
  const { status } = body;
  return {
    status,
    headers: {
      ...PROBLEM_HEADERS,
      ...cors,
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      ...headers,
    },
    body: JSON.stringify(faults.length > 0 ? { ...body, errors: faults } : body),
  };
}
