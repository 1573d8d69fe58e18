import { createServer } from "node:http";
import { Readable } from "node:stream";
import { queue } from "./queue.js";

const server = createServer(async (incoming, outgoing) => {
  const { method, headers } = incoming;
  const body = method === "GET" || method === "HEAD" ? undefined : Readable.toWeb(incoming);
  const request = new Request(`http://${headers.host}${incoming.url}`, { method, headers, body, duplex: "half" });
  const response = await queue.fetch(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`the queue is at http://127.0.0.1:${server.address().port}/queue`);
});
// What runs in this process ends first, then the process does.
process.once("SIGTERM", () => server.close());
