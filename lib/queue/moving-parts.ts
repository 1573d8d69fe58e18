import { CLOCK, HOLDERS, STATE } from "./parts.ts";
import type { Part } from "./script.ts";
import body from "./scripts/parts/body.lua";
import grow from "./scripts/parts/grow.lua";
import history from "./scripts/parts/history.lua";
import historyCounts from "./scripts/parts/history_counts.lua";
import historySums from "./scripts/parts/history_sums.lua";
import leave from "./scripts/parts/leave.lua";
import ready from "./scripts/parts/ready.lua";
import uniqueKeys from "./scripts/parts/unique_keys.lua";

// Apart from parts.ts, so that a function that only submits or reads does not carry them.

/** Writes with memory full. */
export const GROW: Part = { name: "grow", text: grow, uses: [] };
/** Reads fields of a record's body. */
export const BODY: Part = { name: "body", text: body, uses: [] };
/** Writes a record's history. */
const HISTORY: Part = { name: "history", text: history, uses: [] };
const LISTS: Part = { name: "ready", text: ready, uses: ["high", "normal", "low", "suspects", "leases"] };

/** Counts what happens by the minute. */
export const HISTORY_COUNTS: Part = { name: "history_counts", text: historyCounts, uses: ["history"] };
/** Adds up what was counted. */
export const HISTORY_SUMS: Part = { name: "history_sums", text: historySums, uses: [] };

/** What every script needs that moves jobs, in this order. */
export const MOVING: readonly Part[] = [CLOCK, GROW, STATE, BODY, HISTORY, LISTS];

/** Frees unique keys and holds them again. Behind STATE. */
export const UNIQUE_KEYS: readonly Part[] = [HOLDERS, { name: "unique_keys", text: uniqueKeys, uses: ["unique"] }];

/** Takes a job that has not finished out of its place. Behind `MOVING`. */
export const LEAVE: Part = {
  name: "leave",
  text: leave,
  uses: ["scheduled", "leases", "parked"],
  takes: ["id", "state", "text", "body"],
};
