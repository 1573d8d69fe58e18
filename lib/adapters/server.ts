import type { IncomingMessage, Server as NodeServer, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServedApi } from "../http/admission.ts";
import { HTTP_LIMITS, type HttpLimits, serverOptions } from "../http/limits.ts";
import type { Log } from "../observability/log.ts";
import { answerNode } from "./node-answer.ts";
import { requestOf } from "./node-request.ts";

/** Where and how a server listens. */
export interface ServerSettings {
  host: string;
  /** 0: any free one. */
  port: number;
  /** How long requests may go on after `shutdown`. */
  graceMs: number;
  /** Default: `HTTP_LIMITS`. */
  limits?: HttpLimits;
}

/** A server that listens. */
export interface Server {
  url: string;
  /** Resolves when it has ended after `shutdown`, every request answered or its grace over. */
  ended: Promise<void>;
}

/** How long idle connections are kept: longer than a load balancer keeps them, so that it is the one that closes them. */
const KEEP_ALIVE_MS = 65_000;

/** Serves an API over plain HTTP, where there is no API Gateway: in a container, in any Node process. */
export async function startServer(
  api: ServedApi,
  { host, port, graceMs, limits = HTTP_LIMITS }: ServerSettings,
  log: Log,
  shutdown: AbortSignal,
): Promise<Server> {
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...serverOptions(limits) });
  server.maxConnections = limits.connections;
  const receive = (incoming: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
    if (shutdown.aborted) response.setHeader("connection", "close");
    void answerNode(api, { incoming, response, request: requestOf(incoming), awaitsContinue }, log);
  };
  server.on("request", (request, response) => receive(request, response, false));
  server.on("checkContinue", (request, response) => receive(request, response, true));
  await listening(server, host, port);
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

/** Resolves when the server listens. Rejects with one line that says what to do. */
export function listening(server: NodeServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new Error(whyNot(error, host, port), { cause: error }));
    server.once("error", fail).listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function whyNot({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === "EADDRINUSE")
    return `port ${port} is taken (EADDRINUSE): end what listens there, or choose another port`;
  if (code === "EACCES") return `port ${port} is not for this user (EACCES): choose one above 1023`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `${host} is no address of this machine (${code}): listen at 127.0.0.1, or at 0.0.0.0 for every network`;
  return message;
}
