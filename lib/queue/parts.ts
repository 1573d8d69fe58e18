import type { Part } from "./script.ts";
import body from "./scripts/parts/body.lua";
import clock from "./scripts/parts/clock.lua";
import grow from "./scripts/parts/grow.lua";
import history from "./scripts/parts/history.lua";
import leave from "./scripts/parts/leave.lua";
import ready from "./scripts/parts/ready.lua";
import state from "./scripts/parts/state.lua";
import timers from "./scripts/parts/timers.lua";
import uniqueKeys from "./scripts/parts/unique_keys.lua";

/** Reads the clock. */
export const CLOCK: Part = { name: "clock", text: clock, uses: [] };
/** Reads and writes a record's state. */
export const STATE: Part = { name: "state", text: state, uses: [] };
/** Writes with memory full. */
export const GROW: Part = { name: "grow", text: grow, uses: [] };
const BODY: Part = { name: "body", text: body, uses: [] };
/** Writes a record's history. */
const HISTORY: Part = { name: "history", text: history, uses: [] };
const LISTS: Part = { name: "ready", text: ready, uses: ["high", "normal", "low", "suspects", "leases"] };

/** Counts the members of `scheduled` that are no jobs. */
export const TIMERS: Part = { name: "timers", text: timers, uses: ["counters"] };

/** Says which job holds a unique key, and frees keys. Behind STATE. */
export const UNIQUE_KEYS: Part = { name: "unique_keys", text: uniqueKeys, uses: ["unique", "job"] };

/** What every script needs that moves jobs, in this order. */
export const MOVING: readonly Part[] = [CLOCK, GROW, STATE, BODY, HISTORY, LISTS];

/** Takes a job that has not finished out of its place. Behind `MOVING`. */
export const LEAVE: Part = {
  name: "leave",
  text: leave,
  uses: ["scheduled", "leases", "parked"],
  takes: ["id", "state", "text", "body"],
};
