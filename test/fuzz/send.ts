import { connect } from "node:net";

/** A request as it is sent over the wire. */
export interface Request {
  method: string;
  /** The path as it appears in the request line. */
  target: string;
  headers: Record<string, string>;
  body: Buffer;
  /** Changes its bytes on the way. Such a request may get no answer, as it may be incomplete. */
  damage?: (bytes: Buffer) => Buffer;
}

export interface Answer {
  /** 0: the connection ended without an answer. */
  status: number;
  text: string;
  ms: number;
}

/** Sends a request unchanged over a new connection. Rejects if there is no answer in time. */
export function send(url: string, request: Request, limitMs: number): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const bytes = bytesOf(request);
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
      // The server would wait for the rest of an incomplete request, unless it sees the end.
      if (request.damage) socket.end(request.damage(bytes));
      else socket.write(bytes);
    });
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${limitMs} ms, but ${JSON.stringify(String(Buffer.concat(chunks)))}`));
      socket.destroy();
    }, limitMs);
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString("utf8");
      const status = Number(/^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
      resolve({ status, text, ms: performance.now() - begin });
    };
    socket.on("data", (chunk) => chunks.push(chunk));
    // A reset after the answer means that the server did not want to read the rest.
    socket.on("end", done).on("error", done);
  });
}

function bytesOf({ method, target, headers, body }: Request): Buffer {
  const all = { host: "127.0.0.1", "content-length": String(body.length), ...headers, connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value.replace(/[\r\n\0]/g, " ")}`);
  const head = [`${method} ${target.replace(/[\s\0]/g, "%20")} HTTP/1.1`, ...lines, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head), body]);
}
