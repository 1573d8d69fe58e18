import { routes } from "../lib/api.ts";
import { endpoint } from "../lib/http.ts";

/** GET /health: 200 where the database answers too, else 503. One command. */
export const handler = endpoint(routes.health, async (_, { queue }) => {
  await queue.hasWork();
  return { status: 200, body: { status: "pass" } };
});
