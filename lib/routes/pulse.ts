import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { pulseOf } from "../queue/pulse.ts";
import { withWords } from "../schema/with-words.ts";

const PulseQuery = once(() =>
  z.strictObject({
    running: withWords(
      z._default(z.enum(["yes", "no"]), "yes"),
      "`no`: do not look at the jobs that run, for one command instead of two. For a caller that knows that none runs or waits: the next submit changes the tag",
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
      body: { tag: await pulseOf(redis, keys, query.running === "yes") },
      headers: { "cache-control": "private, no-cache" },
    };
  },
});
