import fastify from "fastify";
import { startWorker, toNode } from "wakeq/node";
import { greet, queue } from "./queue.js";

const app = fastify();
// A hook and no route, since Fastify reads the body before a route. What is not below the queue's basePath goes on.
const queueApi = toNode(queue);
app.addHook("onRequest", (request, reply, done) => queueApi(request.raw, reply.raw, done));
app.post("/greetings", async (request, reply) => {
  const { id } = await queue.submit(greet, { name: request.body.name });
  return reply.code(202).send({ id });
});

await startWorker(queue); // in this process, until SIGTERM
const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });
console.log(`the queue is at ${url}/queue`);
process.once("SIGTERM", () => app.close());
