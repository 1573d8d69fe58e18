import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { unknownTask } from "../jobs/new-job.ts";
import { instant } from "../jobs/when.ts";
import { once } from "../once.ts";
import type { PauseOutcome } from "../queue/pauses.ts";
import { invalid } from "../schema/check.ts";
import { withWords } from "../schema/with-words.ts";
import { mustNameOne, PAUSE_ERRORS } from "./common.ts";
import { pausedIn } from "./paused-view.ts";

const PauseRequest = once(() =>
  z.strictObject({
    task: withWords(z.optional(z.string()), "Pause this task alone; without it and `schedule`, the whole queue"),
    schedule: withWords(z.optional(z.string()), "Pause this schedule alone: its slots make no jobs until then"),
    until: withWords(
      z.optional(instant()),
      "When it goes on by itself, such as `2030-01-31T12:00:00Z`; at most a year from now. Without it, when it is resumed",
    ),
  }),
);

const REFUSED: Record<Exclude<PauseOutcome, "paused">, { pointer: string; detail: string }> = {
  past: { pointer: "/until", detail: "expected an instant in the future" },
  too_far: { pointer: "/until", detail: "expected an instant at most a year from now" },
  full: { pointer: "/task", detail: "100 tasks are paused already: resume one of them first, or pause the queue" },
};

/** POST /pause: let no more jobs begin, of the queue or of one task, or let one schedule make none. */
export const pause = route({
  name: "pause",
  method: "POST",
  path: "/pause",
  scope: "admin",
  body: PauseRequest,
  errors: PAUSE_ERRORS,

  async handle({ body: { task, schedule, until } }, app) {
    const { redis, keys, queue, tasks, log } = app;
    mustNameOne({ task, schedule });
    if (task !== undefined && !(await tasks()).has(task)) throw unknownTask(task, await tasks());
    const untilMs = until === undefined ? undefined : Date.parse(until);
    const outcome =
      schedule === undefined
        ? await (await import("../queue/pauses.ts")).pause({ redis, keys }, { task, until: untilMs })
        : await (await import("./schedules.ts")).pauseSchedule(app, schedule, untilMs);
    if (outcome !== "paused") throw invalid("invalid_request", [REFUSED[outcome]]);
    log("info", "paused", { task, schedule, until });
    return { status: 200, body: pausedIn(await queue.stats()) };
  },
});
