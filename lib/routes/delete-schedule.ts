import { route } from "../http/route.ts";

/** DELETE /schedules/{name}: delete a schedule that was made at run time. */
export const deleteSchedule = route({
  name: "deleteSchedule",
  method: "DELETE",
  path: "/schedules/{name}",
  scope: "admin",
  errors: ["schedule_not_found", "schedule_in_code"],

  async handle({ path }, app) {
    const schedules = await import("./schedules.ts");
    const view = await schedules.deleteSchedule(app, path.name!);
    app.log("info", "schedule_deleted", { schedule: view.name });
    return { status: 200, body: view };
  },
});
