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
type Handler<Answer> = (event: any, context: { awsRequestId: string }) => Promise<Answer>;

/** A Lambda handler behind its route, as in `serverless.yml`: `GET /job-status/{job_id}`. */
export interface Served extends Target, Handling {
  /** The answer to a request that its headers alone are enough to refuse. Absent: there are none. */
  refused?: Handler<Result | undefined>;
  /** The largest body that it reads. Absent: it reads none. */
  bodyBytes?: number;
}

interface Handling {
  handler: Handler<Result>;
}

export interface Functions {
  routes: readonly Served[];
  /** For whatever no route is for. */
  others: Handling;
}

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

export interface Server {
  url: string;
  /** Resolves when it has ended after `shutdown`, every request answered or its grace over. */
  ended: Promise<void>;
}

/** Longer than a load balancer's, so that the one who keeps a connection is the one who closes it. */
const KEEP_ALIVE_MS = 65_000;
/** A body that was refused is thrown away up to here: a connection that ends while a client sends takes the answer along. */
const DISCARDED_BYTES = 8 * 1024 * 1024;

/**
 * The handlers over plain HTTP, where API Gateway is not: in a container. They get the events that it would make (payload
 * format 2.0) and cannot tell the difference; a test sends both the same requests.
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
      else refuse(response, new Problem("internal", "The fault is ours, and it is in the log."), request.url ?? "/");
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

/** `awaitsContinue`: the client sends its body only when it is told to (`Expect: 100-continue`). */
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

/** Resolves when the whole request has come or its connection has ended, none of its body kept. */
function discarded(request: IncomingMessage): Promise<void> {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BYTES) request.destroy();
  });
  return new Promise((resolve) => request.once("end", resolve).once("close", resolve));
}

/** The answer goes out whole; it counts as ended, and the connection may be closed, after `until`. Default: immediately. */
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
