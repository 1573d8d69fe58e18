import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { startWorker } from "wakeq/node";
import { greet, queue } from "./queue.js";

const app = new Hono();
app.all("/queue/*", (context) => queue.fetch(context.req.raw));
app.post("/greetings", async (context) => {
  const { name } = await context.req.json();
  const { id } = await queue.submit(greet, { name });
  return context.json({ id }, 202);
});

await startWorker(queue); // in this process, until SIGTERM
const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, ({ port }) => {
  console.log(`the queue is at http://127.0.0.1:${port}/queue`);
});
process.once("SIGTERM", () => server.close());
