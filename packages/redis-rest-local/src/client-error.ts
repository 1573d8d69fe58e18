import type { Socket } from "node:net";
import { errorJson } from "./answer.ts";

/** How long a client may go on sending what is no longer read. */
const LINGER_MS = 1_000;

/** Answers what could not be read as an HTTP request with an error in JSON, and ends the connection. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket, maxHeaderBytes: number): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = refusalOf(error, maxHeaderBytes);
  const body = errorJson(message);
  const headers = ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`, "connection: close"];
  socket.end(`HTTP/1.1 ${[status, ...headers].join("\r\n")}\r\n\r\n${body}`);
  // A client that is cut off while it still sends would see the cut and not the answer.
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function refusalOf(
  { code, message }: NodeJS.ErrnoException,
  maxHeaderBytes: number,
): [status: string, message: string] {
  if (code === "HPE_HEADER_OVERFLOW") {
    const what = `ERR path and headers are longer than ${maxHeaderBytes} bytes: send the command in the body`;
    return ["431 Request Header Fields Too Large", what];
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return ["408 Request Timeout", "ERR the request did not arrive in time"];
  return ["400 Bad Request", `ERR not an HTTP request: ${message}`];
}
