import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A server for a test, which its jobs call (the task `call`): it records the calls and holds its answers until the test
 * releases them. So the test knows that a job is running, in whatever process, and decides when it ends.
 */
export async function startStage() {
  const runs: string[] = [];
  const held: ServerResponse[] = [];
  let open = false;
  const server = createServer((request, response) => {
    runs.push(String(request.headers["idempotency-key"]));
    request.resume();
    if (open) response.end("done");
    else held.push(response);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** The id of the job in each call. */
    runs,
    /** Answers the calls that wait, and every later one immediately. */
    open() {
      open = true;
      for (const response of held.splice(0)) response.end("done");
    },
    hold() {
      open = false;
      runs.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
