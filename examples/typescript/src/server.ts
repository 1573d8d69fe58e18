import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { greet, queue } from "./queue.js";

const server = createServer(async (incoming, outgoing) => {
  const { method = "GET", headers, url } = incoming;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = chunks.length > 0 ? Buffer.concat(chunks) : null;
  const request = new Request(`http://${headers.host}${url}`, {
    method,
    headers: headers as Record<string, string>,
    body,
  });
  const response = await queue.fetch(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", async () => {
  // The payload and the result have the task's types.
  const { result } = await queue.run(greet, { name: "TypeScript" });
  console.error(result.greeting.toUpperCase());
  console.log(`the queue is at http://127.0.0.1:${(server.address() as AddressInfo).port}/queue`);
});
// What runs in this process ends first, then the process does.
process.once("SIGTERM", () => server.close());
