import * as z from "zod/mini";
import { GROW, MOVING } from "./moving-parts.ts";
import { CLOCK } from "./parts.ts";
import { BATCH, PAUSES, TIMERS, UNPARK } from "./pause-parts.ts";
import { flag, script } from "./script.ts";
import pauseLua from "./scripts/pause.lua";
import resumeLua from "./scripts/resume.lua";

// What each script does, the header of its file says.

/** Claims no more jobs of the queue, or of one task. */
export const pause = script("pause", pauseLua, {
  parts: [CLOCK, GROW, TIMERS, PAUSES],
  uses: ["scheduled", "leases", "wake", "asleep", "paused", "paused_tasks"],
  args: ["now", "task", "until"],
  reply: () => z.enum(["paused", "past", "too_far", "full"]),
});

/** Ends such a pause. */
export const resume = script("resume", resumeLua, {
  parts: [...MOVING, BATCH, TIMERS, PAUSES, UNPARK],
  uses: ["scheduled", "counters", "wake", "paused", "paused_tasks", "parked"],
  args: ["now", "task", "request", "wakeMs"],
  reply: () => z.tuple([z.enum(["resumed", "not_paused"]), flag()]),
});
