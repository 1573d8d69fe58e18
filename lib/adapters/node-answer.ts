import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, OUR_FAULT, Problem } from "../errors.ts";
import type { ServedApi } from "../http/admission.ts";
import { refuse, send } from "../http/refuse.ts";
import type { ApiRequest } from "../http/request.ts";
import type { Log } from "../observability/log.ts";
import { bodyOf } from "./node-request.ts";

/** How much of a refused body is read and thrown away: a connection that ends while a client sends loses the answer. */
const DISCARDED_BYTES = 8 * 1024 * 1024;

/** A request of `node:http`, and what an adapter knows of it. */
export interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  /** All of the request but its body. */
  request: ApiRequest;
  /** Gives the body where it has been read already. Throws where that lost it. */
  body?(): Uint8Array | undefined;
  /** The client sends its body only when it is told to (`Expect: 100-continue`). */
  awaitsContinue?: boolean;
}

/** Answers a request of `node:http` with an API. Never rejects. */
export async function answerNode(api: ServedApi, exchange: Exchange, log: Log): Promise<void> {
  try {
    await answer(api, exchange);
  } catch (error) {
    if (hasLeft(exchange.incoming)) return log("debug", "request_aborted", { ...describe(error) });
    log("error", "request_failed", { ...describe(error) });
    const { response, request } = exchange;
    if (response.headersSent) response.destroy();
    else refuse(response, new Problem("internal", OUR_FAULT), request);
  }
}

/** Tells whether the client hung up before its request had come whole: nobody waits for an answer. */
function hasLeft({ destroyed, complete }: IncomingMessage): boolean {
  return destroyed && !complete;
}

async function answer(api: ServedApi, exchange: Exchange): Promise<void> {
  const { incoming, response, request, awaitsContinue = false } = exchange;
  const admitted = await api.admit(request);
  if ("refused" in admitted) return send(response, admitted.refused, awaitsContinue ? undefined : discarded(incoming));
  if (awaitsContinue) response.writeContinue();
  const { bodyBytes } = admitted;
  const body = (bodyBytes > 0 ? exchange.body?.() : undefined) ?? (await bodyOf(incoming, bodyBytes));
  if (body === "too large") {
    response.setHeader("connection", "close");
    return send(response, api.tooLarge(request, bodyBytes));
  }
  send(response, await api.answer({ ...request, body }));
}

/** Throws a request's body away. Resolves when the whole request has come, or its connection has ended. */
function discarded(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BYTES) request.destroy();
  });
  return new Promise((resolve) => request.once("end", resolve).once("close", resolve));
}
