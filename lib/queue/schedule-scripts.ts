import * as z from "zod/mini";
import { DEFINITIONS } from "./definitions-part.ts";
import { CLOCK } from "./parts.ts";
import { TIMERS } from "./pause-parts.ts";
import { script, strings } from "./script.ts";
import agendaLua from "./scripts/agenda.lua";
import declareLua from "./scripts/declare.lua";
import scheduleLua from "./scripts/schedule.lua";
import suspendLua from "./scripts/suspend.lua";
import unscheduleLua from "./scripts/unschedule.lua";

// What each script does, the header of its file says.

/** Reads schedules, by their names or a page of all. */
export const agenda = script("agenda", agendaLua, {
  parts: [CLOCK, TIMERS, DEFINITIONS],
  uses: ["schedules"],
  args: ["now", "after", "limit"],
  reply: () => z.tuple([z.string(), z.string(), strings()]),
});

/** Makes a schedule, or changes it. */
export const schedule = script("schedule", scheduleLua, {
  parts: [CLOCK, TIMERS, DEFINITIONS],
  uses: ["schedules"],
  args: ["name", "json", "next", "pausedUntil", "seen", "most"],
  reply: () => z.enum(["put", "changed", "in_code", "full"]),
});

/** Deletes a schedule. */
export const unschedule = script("unschedule", unscheduleLua, {
  parts: [CLOCK, TIMERS, DEFINITIONS],
  uses: [],
  args: ["name"],
  reply: () => z.enum(["deleted", "missing", "in_code"]),
});

/** Pauses a schedule, or lets it go on. */
export const suspend = script("suspend", suspendLua, {
  parts: [CLOCK, TIMERS, DEFINITIONS],
  uses: [],
  args: ["name", "next", "pausedUntil", "seen"],
  reply: () => z.enum(["done", "changed", "missing"]),
});

/** Makes the schedules that code declares those of this version. */
export const declare = script("declare", declareLua, {
  parts: [CLOCK, TIMERS, DEFINITIONS],
  uses: ["schedules"],
  args: ["now", "note", "seenNote", "most"],
  reply: () => z.enum(["declared", "changed", "full"]),
});
