import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { Door } from "../config/door-settings.ts";
import { describe, Problem } from "../errors.ts";
import { turnedAway } from "../http/door.ts";
import { HTTP_LIMITS, type HttpLimits, serverOptions } from "../http/limits.ts";
import { refuse } from "../http/refuse.ts";
import type { Log } from "../observability/log.ts";
import { findRoute, type Target } from "../routes/router.ts";
import { bodyOf, eventOf } from "./http-event.ts";

type Result = APIGatewayProxyStructuredResultV2;
// biome-ignore lint/suspicious/noExplicitAny: each handler types the event as it likes; all read it with care
type Handler<R> = (event: any, context: { awsRequestId: string }) => Promise<R>;

/** A Lambda handler behind its route, as in `serverless.yml`: `GET /job-status/{job_id}`. */
export interface Served extends Target, Handling {
  /** Answers a request that its headers are enough to refuse. Absent: there is no such request. */
  refused?: Handler<Result | undefined>;
  /** The largest body that it reads. Absent: it reads none. */
  bodyBytes?: number;
}

interface Handling {
  handler: Handler<Result>;
}

/** The functions that a server runs. */
export interface Functions {
  routes: readonly Served[];
  /** Handles requests that have no route. */
  others: Handling;
}

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

/**
 * Serves the handlers over plain HTTP, where there is no API Gateway: in a container. They get the events that it would make
 * (payload format 2.0) and cannot tell the difference; a test sends both the same requests.
 */
export async function startServer(
  functions: Functions,
  { host, port, graceMs, limits = HTTP_LIMITS, door }: ServerSettings,
  log: Log,
  shutdown: AbortSignal,
): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...serverOptions(limits) });
  server.maxConnections = limits.connections;
  const receive = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
    if (shutdown.aborted) response.setHeader("connection", "close");
    if (door && turnedAway(request, response, door, log)) return;
    serve(functions, request, response, awaitsContinue).catch((error: unknown) => {
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
  { routes, others }: Functions,
  request: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0]!;
  const found = findRoute(routes, request.method ?? "", path);
  const { route, parameters } = found && "route" in found ? found : { route: undefined, parameters: {} };
  const routeKey = route ? `${route.method} ${route.path}` : "$default";
  const eventWith = (body: Buffer) => eventOf(request, routeKey, parameters, body);
  const context = { awsRequestId: randomUUID() };
  const refusal = await route?.refused?.(eventWith(Buffer.alloc(0)), context);
  if (refusal) return answer(response, refusal, awaitsContinue ? undefined : discarded(request));
  if (awaitsContinue) response.writeContinue();
  const body = await bodyOf(request, route?.bodyBytes);
  if (body === "too large") {
    response.setHeader("connection", "close");
    const detail = `the body has more than the ${route?.bodyBytes} bytes that are accepted`;
    return refuse(response, new Problem("payload_too_large", detail), path);
  }
  answer(response, await (route ?? others).handler(eventWith(body), context));
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

/** Sends the answer whole. It ends, and the connection may be closed, after `until`. Default: immediately. */
function answer(response: ServerResponse, result: Result, until?: Promise<void>): void {
  const { statusCode = 200, headers = {}, cookies = [], body = "", isBase64Encoded = false } = result;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.statusCode = statusCode;
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (!until) return void response.end(bytes);
  response.setHeader("content-length", bytes.length);
  response.write(bytes);
  void until.then(() => response.end());
}
