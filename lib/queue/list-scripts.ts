import * as z from "zod/mini";
import { BODY, HISTORY_SUMS, MOVING } from "./moving-parts.ts";
import { CLOCK, STATE } from "./parts.ts";
import { type Part, script, strings } from "./script.ts";
import chartLua from "./scripts/chart.lua";
import headsLua from "./scripts/heads.lua";
import behindLua from "./scripts/parts/behind.lua";
import stretchLua from "./scripts/parts/stretch.lua";
import recordsLua from "./scripts/records.lua";

// What each script does, the header of its file says.

const STRETCH: Part = {
  name: "stretch",
  text: stretchLua,
  uses: ["job"],
  takes: ["list", "position", "count", "waits"],
};
const BEHIND: Part = { name: "behind", text: behindLua, uses: [], takes: ["zset", "position", "count", "isRising"] };

/** Reads which jobs come next in the places that a list of jobs is merged from. */
export const heads = script("heads", headsLua, {
  parts: [...MOVING, STRETCH, BEHIND],
  uses: [
    ...["high", "normal", "low", "suspects", "scheduled", "leases", "completed", "failed", "cancelled"],
    ...["parked", "job"],
  ] as const,
  args: ["now", "count", "leased"],
  reply: () => z.array(strings()),
});

/** Reads the records of jobs that fit a filter, as many as fit into an answer. */
export const records = script("records", recordsLua, {
  parts: [STATE, BODY],
  uses: ["job"],
  args: ["bytes", "limit", "task", "priority", "retries"],
  reply: strings,
});

/** Reads the history. */
export const chart = script("chart", chartLua, {
  parts: [CLOCK, HISTORY_SUMS],
  uses: ["history"],
  args: ["now", "range"],
  reply: strings,
});
