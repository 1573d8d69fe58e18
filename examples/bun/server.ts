import { startWorker } from "wakeq/node";
import { queue } from "./queue.ts";

await startWorker(queue); // in this process, until SIGTERM
const server = Bun.serve({ port: Number(process.env.PORT ?? 3000), hostname: "127.0.0.1", fetch: queue.fetch });
console.log(`the queue is at http://127.0.0.1:${server.port}/queue`);

// What runs in this process ends first, then the process does.
process.once("SIGTERM", () => server.stop());
