import { route } from "../http/route.ts";
import type { JobQueue } from "../queue/job-queue.ts";
import { remembered } from "../remembered.ts";

/** How long an answer is kept. The route needs no key, so the database is asked no more often, however many ask. */
const KEPT_MS = 5_000;
const reached = remembered((queue: JobQueue) => queue.hasWork(), KEPT_MS);

/** GET /health: 200 where the database answers too, else 503. At most one command in 5 s. */
export const health = route({
  name: "health",
  method: "GET",
  path: "/health",
  errors: [],

  async handle(_, { queue }) {
    await reached(queue);
    return { status: 200, body: { status: "pass" } };
  },
});
