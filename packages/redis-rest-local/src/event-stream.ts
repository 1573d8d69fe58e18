import type { ServerResponse } from "node:http";
import { type Command, type RedisReply, ReplyError, StatusReply } from "./backend.ts";
import type { Executor } from "./executor.ts";

/** The most bytes that are kept for a client that does not read. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;

/**
 * Serves SUBSCRIBE, PSUBSCRIBE or MONITOR as server-sent events until the client leaves or Redis ends them; for HEAD until
 * the first event. Returns the error if one came instead.
 */
export async function serveEvents(
  executor: Executor,
  command: Command,
  response: ServerResponse,
): Promise<ReplyError | undefined> {
  let refusal: ReplyError | undefined;
  const stop = await executor.stream(
    command,
    (reply) => {
      if (!response.headersSent && reply instanceof ReplyError) refusal = reply;
      else write(response, reply);
    },
    () => response.end(),
  );
  if (refusal || response.destroyed) stop();
  else response.once("close", stop);
  return refusal;
}

function write(response: ServerResponse, reply: RedisReply): void {
  if (response.destroyed) return;
  if (!response.headersSent) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  }
  if (response.req.method === "HEAD") {
    response.end();
    return;
  }
  response.write(`data: ${eventText(reply)}\n\n`);
  if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
}

/** Writes an event: `message,channel,text` for what was published, unchanged; `"OK"` and its lines for MONITOR. */
function eventText(reply: RedisReply): string {
  if (Array.isArray(reply)) return reply.map((item) => (Buffer.isBuffer(item) ? item.toString() : item)).join(",");
  if (reply instanceof StatusReply) return reply.text === "OK" ? '"OK"' : reply.text;
  return String(reply);
}
