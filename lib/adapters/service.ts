import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { WorkerApp } from "../app/worker-app.ts";
import { turnedAway } from "../http/door.ts";
import { HTTP_LIMITS, serverOptions } from "../http/limits.ts";
import { type Resident, startResident } from "./resident.ts";
import { listening } from "./server.ts";

/** A worker that listens for wake-ups. */
export interface Service {
  /** Where wake-ups are received: give it to the API as AWS_ENDPOINT_URL_LAMBDA. */
  url: string;
  /** Resolves when the worker has ended after `shutdown`, everything settled or released. */
  ended: Promise<void>;
}

/**
 * Starts the worker as a process that stays, for a container rather than Lambda. It does not poll either: it listens where
 * Lambda's Invoke API would be, so that the same wake-up reaches it, and has a tick of its own.
 */
export async function startService(app: WorkerApp, shutdown: AbortSignal): Promise<Service> {
  const { config, log } = app;
  const tasks = await app.tasks();
  let resident: Resident | undefined;
  const wake = (source: string) => resident?.wake(source);

  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer(serverOptions(HTTP_LIMITS), (request, response) => {
    if (!turnedAway(request, response, config.worker.door, log)) receive(request, response, wake);
  });
  server.maxConnections = HTTP_LIMITS.connections;
  await listening(server, config.worker.host, config.worker.port);
  const { address, port } = server.address() as AddressInfo;
  const url = `http://${address}:${port}`;
  resident = startResident(app, shutdown);
  const { end } = resident;
  log("info", "worker_started", { url, tasks: [...tasks.keys()] });

  const ended = new Promise<void>((resolve, reject) => {
    const stop = () => {
      server.close();
      server.closeAllConnections();
      end().then(resolve, reject);
    };
    if (shutdown.aborted) stop();
    else shutdown.addEventListener("abort", stop, { once: true });
  });
  return { url, ended };
}

const ANSWER_HEADERS = { "content-type": "application/json", "x-content-type-options": "nosniff" };

/** Answers `POST …/invocations` as Lambda answers an asynchronous Invoke, and `GET /health`, which says that the worker is there. */
function receive(request: IncomingMessage, response: ServerResponse, wake: (source: string) => void): void {
  request.resume();
  const invoked = request.method === "POST" && request.url?.endsWith("/invocations");
  const asked = request.method === "GET" && request.url === "/health";
  response.writeHead(invoked ? 202 : asked ? 200 : 404, ANSWER_HEADERS);
  response.end(asked ? '{"status":"pass"}' : undefined);
  if (invoked) wake("submit");
}
