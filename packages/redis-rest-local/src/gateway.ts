import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { refuseUnreadable } from "./client-error.ts";
import { GatewayHandler, type GatewayHandlerOptions } from "./handler.ts";

const KEEP_ALIVE_MS = 60_000;
/** The largest path and headers: commands may come in the path, so it may be long. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** The options of a gateway: the address it listens on, and how it answers. */
export interface GatewayOptions extends GatewayHandlerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The port to listen on; 0 takes any free one. */
  readonly port: number;
}

/** A gateway that runs. */
export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Stops listening and cuts open connections. Does not close the backend. */
  close(): Promise<void>;
}

/** Serves Upstash's REST protocol in front of a Redis. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = "127.0.0.1", port, token } = options;
  const handler = new GatewayHandler(options);
  const server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES });
  server.on("request", (request, response) => void handler.serve(request, response));
  server.on("clientError", (error, socket) => refuseUnreadable(error, socket as Socket, MAX_HEADER_BYTES));
  server.listen(port, host);
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    token,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
