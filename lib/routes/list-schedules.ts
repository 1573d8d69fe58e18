import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { withWords } from "../schema/with-words.ts";
import { whole } from "./whole.ts";

const SchedulesQuery = once(() =>
  z.strictObject({
    cursor: withWords(z.optional(z.string()), "`next_cursor` of the page before"),
    limit: withWords(z._default(whole(1, 100), 50), "The most schedules on a page"),
  }),
);

/** GET /schedules: the schedules, by name. */
export const listSchedules = route({
  name: "listSchedules",
  method: "GET",
  path: "/schedules",
  scope: "read",
  query: SchedulesQuery,
  errors: ["invalid_query"],

  async handle({ query: { cursor, limit }, may }, app) {
    const { schedulePage } = await import("./schedules.ts");
    return { status: 200, body: await schedulePage(app, cursor, limit, may("admin")) };
  },
});
