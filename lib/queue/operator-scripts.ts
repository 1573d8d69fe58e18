import * as z from "zod/mini";
import { HISTORY_COUNTS, LEAVE, MOVING, UNIQUE_KEYS } from "./moving-parts.ts";
import { CLOCK, STATE } from "./parts.ts";
import { flag, script, strings } from "./script.ts";
import cancelLua from "./scripts/cancel.lua";
import deleteLua from "./scripts/delete.lua";
import redriveLua from "./scripts/redrive.lua";
import runNowLua from "./scripts/runNow.lua";
import statsLua from "./scripts/stats.lua";

// What each script does, the header of its file says. They are loaded when one of them first runs: no start waits for them.

/** Ends a job that has not finished. */
export const cancel = script("cancel", cancelLua, {
  parts: [...MOVING, HISTORY_COUNTS, ...UNIQUE_KEYS, LEAVE],
  uses: ["cancelled", "counters"],
  special: ["record"],
  args: ["now", "leaseMs", "id", "keepsHistory"],
  reply: () => z.union([z.tuple([z.enum(["cancelled", "finished"]), z.string()]), z.tuple([z.literal("missing")])]),
});

/** Puts a failed or cancelled job back with fresh attempts. */
export const redrive = script("redrive", redriveLua, {
  parts: [...MOVING, ...UNIQUE_KEYS],
  uses: ["scheduled", "failed", "cancelled", "counters", "wake", "asleep"],
  special: ["record"],
  args: ["now", "id", "request", "wakeMs"],
  reply: () =>
    z.union([
      z.tuple([z.literal("redriven"), z.string(), flag()]),
      z.tuple([z.enum(["refused", "unique_conflict"]), z.string()]),
      z.tuple([z.literal("missing")]),
    ]),
});

/** Lets a job that waits for its time run as soon as possible. */
export const runNow = script("runNow", runNowLua, {
  parts: [...MOVING, ...UNIQUE_KEYS],
  uses: ["scheduled", "wake"],
  special: ["record"],
  args: ["now", "id", "wakeMs"],
  reply: () =>
    z.union([
      z.tuple([z.literal("ready"), z.string(), flag()]),
      z.tuple([z.enum(["held", "refused", "unique_conflict"]), z.string()]),
      z.tuple([z.literal("missing")]),
    ]),
});

const forget = script("delete", deleteLua, {
  parts: [...MOVING, ...UNIQUE_KEYS, LEAVE],
  uses: [
    ...["completed", "failed", "cancelled", "counters"],
    ...["job", "PAYLOAD", "RESULT", "ERROR", "FIRST_ERROR", "LOG"],
  ] as const,
  args: ["now", "only"],
  reply: () => z.array(z.enum(["deleted", "missing", "running", "other"])),
});

/** Forgets jobs that do not run. */
export { forget as delete };

/** Counts how many jobs are where. */
export const stats = script("stats", statsLua, {
  parts: [CLOCK, STATE],
  uses: [
    "high",
    "normal",
    "low",
    "suspects",
    "scheduled",
    "leases",
    "completed",
    "failed",
    "cancelled",
    "counters",
    "paused",
    "paused_tasks",
    "parked",
    "job",
  ],
  args: ["now"],
  reply: () => {
    const count = z.number();
    const counts = [count, count, count, count, count, count, count, count, count] as const;
    return z.tuple([z.string(), ...counts, strings(), strings(), strings(), z.string()]);
  },
});
