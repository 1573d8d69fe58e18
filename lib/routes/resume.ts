import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { unknownTask } from "../jobs/new-job.ts";
import { once } from "../once.ts";
import { resume as resumeQueue } from "../queue/pauses.ts";
import { withWords } from "../schema/with-words.ts";
import { PAUSE_ERRORS } from "./common.ts";
import { pausedIn } from "./paused-view.ts";

const ResumeRequest = once(() =>
  z.strictObject({
    task: withWords(
      z.optional(z.string()),
      "Resume this task alone; without it, the queue. A task that was paused by its name stays paused then",
    ),
  }),
);

/** POST /resume: end a pause, of the queue or of one task. */
export const resume = route({
  name: "resume",
  method: "POST",
  path: "/resume",
  scope: "admin",
  body: ResumeRequest,
  errors: PAUSE_ERRORS,

  async handle({ body: { task } }, { redis, keys, queue, tasks, wake, log }) {
    const resumed = await resumeQueue({ redis, keys }, { task });
    // A task that is no longer in the code may have been paused before.
    const isUnknown = resumed.outcome === "not_paused" && task !== undefined && !(await tasks()).has(task);
    if (isUnknown) throw unknownTask(task, await tasks());
    if (resumed.outcome === "resumed") log("info", "resumed", { task });
    if (resumed.wake) await wake({ source: "resume", depth: 0 });
    return { status: 200, body: pausedIn(await queue.stats()) };
  },
});
