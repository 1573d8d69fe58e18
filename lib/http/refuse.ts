import type { ServerResponse } from "node:http";
import type { ProblemCode } from "../errors.ts";
import { problemReply, type WrittenReply } from "./reply.ts";
import type { ApiRequest } from "./request.ts";

/** Answers a request that no route sees with a problem. */
export function refuse(
  response: ServerResponse,
  problem: { code: ProblemCode; message: string },
  at: Pick<ApiRequest, "path" | "base">,
): void {
  send(response, problemReply(problem, at));
}

/** Sends a reply whole. The connection may end after `until`. Default: immediately. */
export function send(response: ServerResponse, { status, headers, body }: WrittenReply, until?: Promise<void>): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response.writeHead(status, bytes.length > 0 ? { ...headers, "content-length": bytes.length } : headers);
  if (!until) return void response.end(bytes);
  response.write(bytes);
  void until.then(() => response.end());
}
