import { answer, type Described } from "../../http/described.ts";
import { nightly, ScheduleView } from "./schedule-view.ts";

/** Describes `GET /schedules/{name}`. */
export const getSchedule: Described = {
  tag: "Schedules",
  summary: "A schedule, and when it runs next",
  answers: { 200: answer({ description: "The schedule", schema: ScheduleView, examples: { nightly } }) },
};
