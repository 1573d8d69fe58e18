/** Requests about schedules, in order: the route, its path, and the body. Between them each answer of each route is given. */
export const SCHEDULE_REQUESTS: [method: string, route: string, path: string, body?: object][] = [
  ["PUT", "/schedules/{name}", "/schedules/a", { task: "note", cron: "30 2 * * *", payload: { to: "a@example.com" } }],
  ["PUT", "/schedules/{name}", "/schedules/a", { task: "note", every: "15m", catch_up: { all: 3 }, paused: true }],
  ["PUT", "/schedules/{name}", "/schedules/a", { task: "note", cron: "0 0 31 2 *" }],
  ["GET", "/schedules/{name}", "/schedules/a"],
  ["GET", "/schedules/{name}", "/schedules/nothing"],
  ["GET", "/schedules", "/schedules?limit=1"],
  ["GET", "/schedules", "/schedules?limit=0"],
  ["POST", "/schedules/{name}/run", "/schedules/a/run"],
  ["POST", "/schedules/{name}/run", "/schedules/nothing/run"],
  ["DELETE", "/schedules/{name}", "/schedules/a"],
  ["DELETE", "/schedules/{name}", "/schedules/a"],
];
