import type { IncomingMessage, ServerResponse } from "node:http";
import { type Core, coreOf, type Served } from "../app/core.ts";
import { answerNode } from "./node-answer.ts";
import { requestOf } from "./node-request.ts";
import { apiOf } from "./queue-api.ts";

/** Listens to requests of `node:http`, and of the frameworks that are built on it. */
export type NodeListener = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** What frameworks add to a request. */
interface Handed extends IncomingMessage {
  /** The address as it was sent. `url` is without the path under which the listener is mounted. */
  originalUrl?: string;
  /** What a parser of the application made of the body. */
  body?: unknown;
}

/**
 * Makes a listener that serves the API of a queue: for `node:http`, for Express and Connect (`app.use("/queue", toNode(queue))`),
 * and for Fastify as a hook (`onRequest`). It runs no jobs by itself: see `startWorker`.
 *
 * `next` is called for a path outside of the queue's `basePath`. Where the framework cuts off the path under which it is
 * mounted, the queue needs no `basePath`.
 */
export function toNode(queue: Served): NodeListener {
  const core = coreOf(queue);
  const warn = mismatchWarning(core);
  return (incoming, response, next) => {
    const mount = mountOf(incoming);
    const request = requestOf(incoming);
    const { basePath } = core;
    if (next && mount === "" && !isBelow(basePath, request.path)) return next();
    warn(mount);
    const body = () => parsedBody(incoming);
    const exchange = { incoming, response, request: { ...request, base: basePath || mount }, body };
    void answerNode(apiOf(core), exchange, core.deployment().log());
  };
}

function isBelow(base: string, path: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}

/** Finds what the framework has cut off the path; "" for nothing, and for what could lead to another host or out of an attribute. */
function mountOf({ url = "/", originalUrl = url }: Handed): string {
  const [path, rest] = [pathIn(originalUrl), pathIn(url)];
  // Mounted at /queue, a request to /queue has the path /.
  const cutOff = path.endsWith(rest) ? path.slice(0, path.length - rest.length) : rest === "/" ? path : "";
  return /^(\/[\w.~%-]+)*$/.test(cutOff) ? cutOff : "";
}

function pathIn(url: string): string {
  return url.split("?", 1)[0]!;
}

/** Makes what says, once, that the addresses in answers lead elsewhere than to this queue. */
function mismatchWarning({ basePath, deployment }: Core): (mount: string) => void {
  let said = false;
  return (mount) => {
    if (said || mount === "" || basePath === "" || basePath.endsWith(mount)) return;
    said = true;
    const message = `the queue's basePath is ${basePath}, and it is mounted at ${mount}: make them the same, or leave basePath out`;
    deployment().log()("warn", "mounted_elsewhere", { message });
  };
}

/**
 * Reads the body that a parser of the application has taken. Undefined: none has. Numbers that JavaScript changes cannot be
 * told any more then, so it is better to mount the queue before a parser.
 */
function parsedBody({ body, readableEnded, headers }: Handed): Uint8Array | undefined {
  if (!readableEnded) return undefined;
  if (body instanceof Uint8Array) return body;
  if (body !== undefined) return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  if (Number(headers["content-length"] ?? 0) === 0 && headers["transfer-encoding"] === undefined) return undefined;
  throw new Error(
    "another part of the application has read the body, and left none in req.body: mount the queue before it",
  );
}
