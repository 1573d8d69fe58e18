import express from "express";
import { startWorker, toNode } from "wakeq/node";
import { greet, queue } from "./queue.js";

const app = express();
app.use("/queue", toNode(queue)); // before parsers: then a number that JavaScript cannot hold is refused, not changed
app.use(express.json());
app.post("/greetings", async (request, response) => {
  const { id } = await queue.submit(greet, { name: request.body.name });
  response.status(202).json({ id });
});

await startWorker(queue); // in this process, until SIGTERM
const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`the queue is at http://127.0.0.1:${server.address().port}/queue`);
});
process.once("SIGTERM", () => server.close());
