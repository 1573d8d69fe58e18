import { answer, type Described } from "../../http/described.ts";
import { made, nightly, ScheduleView } from "./schedule-view.ts";

/** Describes `PUT /schedules/{name}`. */
export const putSchedule: Described = {
  tag: "Schedules",
  summary: "Make a schedule, or change it to exactly this",
  bodies: {
    on_weekdays: { task: "send_email", cron: "30 2 * * mon-fri", time_zone: "Europe/Berlin", catch_up: "skip" },
    every_quarter: { task: "send_email", every: "15 minutes", overlap: "allow", jitter_seconds: 30 },
  },
  answers: {
    200: answer({
      description: "There was one of this name: it is now this. The same again changes nothing",
      schema: ScheduleView,
      examples: { changed: nightly },
    }),
    201: answer({ description: "There was none", schema: ScheduleView, examples: { made } }),
  },
};
