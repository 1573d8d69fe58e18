import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { LOOKS, pulseOf } from "../queue/pulse.ts";
import { withWords } from "../schema/with-words.ts";

const PulseQuery = once(() =>
  z.strictObject({
    look: withWords(
      z._default(z.enum(LOOKS), "all"),
      "What to look at: `keys` (1 command), `totals` too (2), or `all` (3). Only `all` sees that a job begins; the others are for a caller that knows that none waits, runs or is due",
    ),
  }),
);

/** GET /pulse: a tag that changes when the queue does. */
export const pulse = route({
  name: "pulse",
  method: "GET",
  path: "/pulse",
  scope: "read",
  query: PulseQuery,
  errors: ["invalid_query"],

  async handle({ query }, { redis, keys }) {
    return {
      status: 200,
      body: { tag: await pulseOf(redis, keys, query.look) },
      headers: { "cache-control": "private, no-cache" },
    };
  },
});
