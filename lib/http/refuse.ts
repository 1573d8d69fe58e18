import type { ServerResponse } from "node:http";
import { PROBLEM_HEADERS, type ProblemCode, problemBody } from "../errors.ts";

/** Answers a request that no handler sees with a problem (RFC 9457). */
export function refuse(
  response: ServerResponse,
  { code, message }: { code: ProblemCode; message: string },
  path: string,
): void {
  const body = problemBody(code, message, path);
  const text = JSON.stringify(body);
  response.writeHead(body.status, { ...PROBLEM_HEADERS, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
