import { route } from "../http/route.ts";

/** GET /schedules/{name}: a schedule, and when it runs next. */
export const getSchedule = route({
  name: "getSchedule",
  method: "GET",
  path: "/schedules/{name}",
  scope: "read",
  errors: ["schedule_not_found"],

  async handle({ path, may }, app) {
    const { shownSchedule } = await import("./schedules.ts");
    return { status: 200, body: await shownSchedule(app, path.name!, may("admin")) };
  },
});
