import * as z from "zod/mini";
import { CLOCK, HISTORY_COUNTS, MOVING, STATE } from "./parts.ts";
import { flag, script, strings } from "./script.ts";
import cancelLua from "./scripts/cancel.lua";
import limitLua from "./scripts/limit.lua";
import redriveLua from "./scripts/redrive.lua";
import statsLua from "./scripts/stats.lua";
import submitLua from "./scripts/submit.lua";

// What each script does, the header of its file says.

/** Accepts one or many jobs, all or none. */
export const submit = script("submit", submitLua, {
  parts: [CLOCK, STATE],
  uses: ["high", "normal", "low", "scheduled", "wake", "asleep", "job", "PAYLOAD"],
  args: ["now", "wakeMs", "soonMs", "maxWaiting"],
  reply: () =>
    z.union([z.tuple([z.enum(["accepted", "full"]), flag()]), z.tuple([z.literal("exists"), flag()], z.string())]),
});

/** Ends a job that has not finished. */
export const cancel = script("cancel", cancelLua, {
  parts: [...MOVING, HISTORY_COUNTS],
  uses: ["scheduled", "leases", "cancelled", "counters"],
  special: ["record"],
  args: ["now", "leaseMs", "id", "keepsHistory"],
  reply: () => z.union([z.tuple([z.enum(["cancelled", "finished"]), z.string()]), z.tuple([z.literal("missing")])]),
});

/** Puts a failed or cancelled job back with fresh attempts. */
export const redrive = script("redrive", redriveLua, {
  parts: MOVING,
  uses: ["scheduled", "failed", "cancelled", "counters", "wake", "asleep"],
  special: ["record"],
  args: ["now", "id", "request", "wakeMs"],
  reply: () =>
    z.union([
      z.tuple([z.literal("redriven"), z.string(), flag()]),
      z.tuple([z.literal("refused"), z.string()]),
      z.tuple([z.literal("missing")]),
    ]),
});

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
    "job",
  ],
  args: ["now"],
  reply: () => {
    const count = z.number();
    return z.tuple([z.string(), count, count, count, count, count, count, count, count, count, strings(), strings()]);
  },
});

/** Counts jobs against a caller's allowance. */
export const limit = script("limit", limitLua, {
  parts: [CLOCK],
  uses: [],
  special: ["allowance"],
  args: ["now", "allowed", "periodMs", "jobs"],
  reply: () => z.number(),
});
