import { route } from "../http/route.ts";
import { ScheduleRequest } from "../jobs/schedule-request.ts";
import { offeredTo } from "./submission.ts";

/** PUT /schedules/{name}: make a schedule, or change it to exactly this. */
export const putSchedule = route({
  name: "putSchedule",
  method: "PUT",
  path: "/schedules/{name}",
  scope: "admin",
  body: ScheduleRequest,
  errors: [
    "malformed_json",
    "payload_too_large",
    "unsupported_media_type",
    "invalid_request",
    "unknown_task",
    "schema_timeout",
    "schedule_in_code",
    "too_many_schedules",
  ],

  async handle({ path, body, isItself }, app) {
    const schedules = await import("./schedules.ts");
    const tasks = offeredTo(isItself, await app.tasks());
    const { view, isNew } = await schedules.putSchedule(app, path.name!, body, tasks);
    app.log("info", "schedule_put", { schedule: view.name, task: view.task });
    return { status: isNew ? 201 : 200, body: view };
  },
});
