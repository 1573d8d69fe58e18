import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** HTTP servers that are closed after each test. */
export function useServers() {
  const closings: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of closings.splice(0)) await close();
  };
  afterEach(closeAll);
  return {
    closeAll,
    /** Starts a server that answers with `answer` and keeps what it gets. */
    async serve(answer: (response: ServerResponse, received: Received) => unknown, host = "127.0.0.1") {
      const received: Received[] = [];
      const server = createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request.setEncoding("utf8")) body += chunk;
        const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
        received.push(one);
        answer(response, one);
      });
      server.listen(0, host);
      await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
      closings.push(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });
      return { received, url: `http://${host}:${(server.address() as AddressInfo).port}` };
    },
  };
}

/** Answers with a redirect. */
export const to = (location: string, status: number) => (response: ServerResponse) =>
  response.writeHead(status, { location }).end();
