import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { nightly, ScheduleView } from "./schedule-view.ts";

/** Describes `GET /schedules`. */
export const listSchedules: Described = {
  tag: "Schedules",
  summary: "The schedules, by name",
  answers: {
    200: answer({
      description: "A page; `next_cursor` where there is another",
      schema: z
        .object({ schedules: z.array(ScheduleView), next_cursor: z.optional(z.string()) })
        .register(components, { id: "SchedulePage" }),
      examples: { page: { schedules: [nightly], next_cursor: "nightly-report" }, last_page: { schedules: [] } },
    }),
  },
};
