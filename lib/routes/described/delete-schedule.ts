import { answer, type Described } from "../../http/described.ts";
import { nightly, ScheduleView } from "./schedule-view.ts";

/** Describes `DELETE /schedules/{name}`. */
export const deleteSchedule: Described = {
  tag: "Schedules",
  summary: "Delete a schedule that was made at run time; the jobs that it made stay",
  answers: { 200: answer({ description: "The schedule as it was", schema: ScheduleView, examples: { nightly } }) },
};
