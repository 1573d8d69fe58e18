import type { ServerResponse } from "node:http";
import { PROBLEM_HEADERS, type ProblemCode, problems } from "./errors.ts";

/** Answers a request that no handler sees with a problem (RFC 9457). */
export function refuse(
  response: ServerResponse,
  { code, message }: { code: ProblemCode; message: string },
  path: string,
): void {
  const { status, title } = problems[code];
  const body = JSON.stringify({ type: `/problems/${code}`, title, status, code, detail: message, instance: path });
  response.writeHead(status, { ...PROBLEM_HEADERS, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
