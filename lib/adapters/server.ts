import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Door } from "../config/door-settings.ts";
import { describe, Problem } from "../errors.ts";
import type { Api } from "../http/api.ts";
import { turnedAway } from "../http/door.ts";
import { HTTP_LIMITS, type HttpLimits, serverOptions } from "../http/limits.ts";
import { refuse, send } from "../http/refuse.ts";
import type { Log } from "../observability/log.ts";
import { bodyOf, requestOf } from "./node-request.ts";

/** Where and how a server listens. */
export interface ServerSettings {
  host: string;
  /** 0: any free one. */
  port: number;
  /** How long requests may go on after `shutdown`. */
  graceMs: number;
  /** Default: `HTTP_LIMITS`. */
  limits?: HttpLimits;
  /** Who may come in without a key. Absent: keys are asked for. */
  door?: Door;
}

/** A server that listens. */
export interface Server {
  url: string;
  /** Resolves when it has ended after `shutdown`, every request answered or its grace over. */
  ended: Promise<void>;
}

/** How long idle connections are kept: longer than a load balancer keeps them, so that it is the one that closes them. */
const KEEP_ALIVE_MS = 65_000;
/** How much of a refused body is read and thrown away: a connection that ends while a client sends loses the answer. */
const DISCARDED_BYTES = 8 * 1024 * 1024;

/** Serves an API over plain HTTP, where there is no API Gateway: in a container, in any Node process. */
export async function startServer(
  api: Api,
  { host, port, graceMs, limits = HTTP_LIMITS, door }: ServerSettings,
  log: Log,
  shutdown: AbortSignal,
): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...serverOptions(limits) });
  server.maxConnections = limits.connections;
  const receive = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
    if (shutdown.aborted) response.setHeader("connection", "close");
    if (door && turnedAway(request, response, door, log)) return;
    serve(api, request, response, awaitsContinue).catch((error: unknown) => {
      log("error", "request_failed", { ...describe(error) });
      if (response.headersSent) response.destroy();
      else
        refuse(
          response,
          new Problem("internal", "Something failed on our side. The log of this deployment says what."),
          request.url ?? "/",
        );
    });
  };
  server.on("request", (request, response) => receive(request, response, false));
  server.on("checkContinue", (request, response) => receive(request, response, true));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const url = `http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
  log("info", "api_started", { url });

  const ended = new Promise<void>((resolve) => {
    const stop = () => {
      const force = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearTimeout(force);
        log("info", "api_ended");
        resolve();
      });
    };
    if (shutdown.aborted) stop();
    else shutdown.addEventListener("abort", stop, { once: true });
  });
  return { url, ended };
}

/** Answers one request. `awaitsContinue`: the client sends its body only when it is told to (`Expect: 100-continue`). */
async function serve(
  api: Api,
  incoming: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
): Promise<void> {
  const request = requestOf(incoming);
  const admitted = await api.admit(request);
  if ("refused" in admitted) return send(response, admitted.refused, awaitsContinue ? undefined : discarded(incoming));
  if (awaitsContinue) response.writeContinue();
  const { bodyBytes } = admitted;
  const body = await bodyOf(incoming, bodyBytes);
  if (body === "too large") {
    response.setHeader("connection", "close");
    const detail = `the body has more than the ${bodyBytes} bytes that are accepted`;
    return refuse(response, new Problem("payload_too_large", detail), request.path);
  }
  send(response, await api.answer({ ...request, body }));
}

/** Throws a request's body away. Resolves when the whole request has come, or its connection has ended. */
function discarded(request: IncomingMessage): Promise<void> {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BYTES) request.destroy();
  });
  return new Promise((resolve) => request.once("end", resolve).once("close", resolve));
}
