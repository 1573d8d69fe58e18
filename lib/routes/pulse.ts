import { route } from "../http/route.ts";
import { pulseOf } from "../queue/pulse.ts";

/** GET /pulse: a tag that changes when the queue does. */
export const pulse = route({
  name: "pulse",
  method: "GET",
  path: "/pulse",
  scope: "read",
  errors: [],

  async handle(_, { redis, keys }) {
    return {
      status: 200,
      body: { tag: await pulseOf(redis, keys) },
      headers: { "cache-control": "private, no-cache" },
    };
  },
});
