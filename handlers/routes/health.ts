import { endpoint } from "../../lib/http/endpoint.ts";
import type { ClientQueue } from "../../lib/queue/client-queue.ts";
import { remembered } from "../../lib/remembered.ts";
import { routes } from "../../lib/routes/api.ts";

/** It needs no key: however many ask, the database is asked this seldom. */
const KEPT_MS = 5_000;
const reached = remembered((queue: ClientQueue) => queue.hasWork(), KEPT_MS);

/** GET /health: 200 where the database answers too, else 503. One command in 5 s at most. */
export const handler = endpoint(routes.health, async (_, { queue }) => {
  await reached(queue);
  return { status: 200, body: { status: "pass" } };
});
