import { route } from "../http/route.ts";
import { SUBMIT_ERRORS } from "./common.ts";
import { acceptedReply, submit } from "./submission.ts";

/** What a body alone can be wrong about. */
const OF_A_BODY = ["malformed_json", "unsupported_media_type"];

/** POST /schedules/{name}/run: submit one job of a schedule now. For `admin`: its task may be one that callers may not submit. */
export const runSchedule = route({
  name: "runSchedule",
  method: "POST",
  path: "/schedules/{name}/run",
  scope: "admin",
  errors: ["schedule_not_found", ...SUBMIT_ERRORS.filter((code) => !OF_A_BODY.includes(code))],

  async handle({ path, headers, base, caller, traceparent }, app) {
    const name = path.name!;
    const { requestOfSchedule } = await import("./schedules.ts");
    const request = await requestOfSchedule(app, name);
    const submitted = await submit(app, await app.tasks(), {
      requests: [request],
      body: { schedule: name },
      schedule: name,
      idempotencyKey: headers["idempotency-key"],
      caller,
      traceparent,
      at: () => "",
    });
    return acceptedReply(base, submitted);
  },
});
