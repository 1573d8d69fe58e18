import type { Part } from "./script.ts";
import batchLua from "./scripts/parts/batch.lua";
import pausesLua from "./scripts/parts/pauses.lua";
import timersLua from "./scripts/parts/timers.lua";
import unparkLua from "./scripts/parts/unpark.lua";

// Apart from parts.ts, so that a function that only submits does not carry them.

/** Counts the members of `scheduled` that are no jobs. */
export const TIMERS: Part = { name: "timers", text: timersLua, uses: ["counters"] };
/** Reads and writes for many jobs in one command. */
export const BATCH: Part = { name: "batch", text: batchLua, uses: ["leases", "job", "PAYLOAD"] };
/** Reads and writes what is paused. */
export const PAUSES: Part = {
  name: "pauses",
  text: pausesLua,
  uses: ["scheduled", "leases", "wake", "paused", "paused_tasks"],
};
/** Puts parked jobs back. */
export const UNPARK: Part = {
  name: "unpark",
  text: unparkLua,
  uses: ["leases", "parked"],
  takes: ["pauses", "missing"],
};
