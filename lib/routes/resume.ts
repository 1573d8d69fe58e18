import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { unknownTask } from "../jobs/new-job.ts";
import { once } from "../once.ts";
import { withWords } from "../schema/with-words.ts";
import { mustNameOne, PAUSE_ERRORS } from "./common.ts";
import { pausedIn } from "./paused-view.ts";

const ResumeRequest = once(() =>
  z.strictObject({
    task: withWords(
      z.optional(z.string()),
      "Resume this task alone; without it and `schedule`, the queue. Tasks and schedules that were paused by name stay paused",
    ),
    schedule: withWords(
      z.optional(z.string()),
      "Resume this schedule alone: it goes on with its next slot, and those that are past make no jobs",
    ),
  }),
);

/** POST /resume: end a pause, of the queue, of one task or of one schedule. */
export const resume = route({
  name: "resume",
  method: "POST",
  path: "/resume",
  scope: "admin",
  body: ResumeRequest,
  errors: PAUSE_ERRORS,

  async handle({ body: { task, schedule } }, app) {
    const { redis, keys, queue, tasks, wake, log } = app;
    mustNameOne({ task, schedule });
    if (schedule !== undefined) {
      const { resumeSchedule } = await import("./schedules.ts");
      if ((await resumeSchedule(app, schedule)) === "resumed") log("info", "resumed", { schedule });
      return { status: 200, body: pausedIn(await queue.stats()) };
    }
    const { resume } = await import("../queue/pauses.ts");
    const resumed = await resume({ redis, keys }, { task });
    // A task that is no longer in the code may have been paused before.
    const isUnknown = resumed.outcome === "not_paused" && task !== undefined && !(await tasks()).has(task);
    if (isUnknown) throw unknownTask(task, await tasks());
    if (resumed.outcome === "resumed") log("info", "resumed", { task });
    if (resumed.wake) await wake({ source: "resume", depth: 0 });
    return { status: 200, body: pausedIn(await queue.stats()) };
  },
});
