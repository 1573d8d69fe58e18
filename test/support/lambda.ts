import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Invocation {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Takes the place of Lambda's Invoke API, and records what it is asked. */
export async function startLambda(
  answer: (response: ServerResponse) => void = (response) => response.writeHead(202).end(),
) {
  const invocations: Invocation[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    invocations.push({ path: `${request.method} ${request.url}`, headers: request.headers, body });
    answer(response);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invocations,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
