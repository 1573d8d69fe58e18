import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { defineQueue, type QueueOptions } from "../../lib/index.ts";
import { serve, toNode } from "../../lib/node.ts";
import { taskList } from "../support/tasks.ts";

/** A queue that is served in every way in which Node can. Tests bundle this file: pages are built in. */
export interface Platforms {
  /** The address of the API, by the way in which it is served. */
  urls: Record<string, string>;
  stop(): Promise<void>;
}

/** Serves a queue with these options under `/queue`. */
export async function startPlatforms(
  options: Omit<QueueOptions, "tasks" | "schedules" | "basePath">,
): Promise<Platforms> {
  const given = { ...options, tasks: taskList, log: "silent" } as const;
  const [root, based] = [defineQueue(given), defineQueue({ ...given, basePath: "/queue" })];
  const served = await serve(based, { port: 0 });
  const parts = {
    "toNode under Express' path": await listen(underPath("/queue", toNode(root))),
    "toNode as a hook, before the application": await listen((incoming, response) =>
      toNode(based)(incoming, response, () => response.writeHead(418).end()),
    ),
    "queue.fetch": await listen(overFetch(based.fetch)),
  };
  return {
    urls: {
      serve: `${served.url}/queue`,
      ...Object.fromEntries(Object.entries(parts).map(([way, { url }]) => [way, `${url}/queue`])),
    },
    async stop() {
      for (const { stop } of Object.values(parts)) await stop();
      await served.stop();
    },
  };
}

async function listen(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** Cuts off a path, as Express and Connect do. */
function underPath(path: string, listener: RequestListener): RequestListener {
  return (incoming, response) => {
    const { url = "/" } = incoming;
    const rest = url.slice(path.length);
    Object.assign(incoming, { originalUrl: url, baseUrl: path, url: rest.startsWith("/") ? rest : `/${rest}` });
    listener(incoming, response);
  };
}

/** Speaks the web's types, as Hono's server for Node does. */
function overFetch(answer: (request: Request) => Promise<Response>): RequestListener {
  return async (incoming, response) => {
    const answered = await answer(requestOf(incoming));
    const body = Buffer.from(await answered.arrayBuffer());
    response.writeHead(answered.status, { ...Object.fromEntries(answered.headers), "content-length": body.length });
    response.end(body);
  };
}

function requestOf(incoming: IncomingMessage): Request {
  const { method = "GET", url, headers } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = hasBody ? { body: incoming as unknown as ReadableStream, duplex: "half" as const } : {};
  const given = Object.entries(headers).filter(([name]) => !/^(transfer-encoding|expect|connection)$/.test(name));
  return new Request(`http://127.0.0.1${url}`, { method, headers: Object.fromEntries(given) as never, ...body });
}
