import { CLOCK, HISTORY_SUMS, STATE } from "./parts.ts";
import { script, strings } from "./script.ts";
import chartLua from "./scripts/chart.lua";
import leasedLua from "./scripts/leased.lua";
import recordsLua from "./scripts/records.lua";

// What each script does, the header of its file says.

/** Reads the records of jobs, as many as fit into an answer. */
export const records = script("records", recordsLua, {
  parts: [STATE],
  uses: ["job"],
  args: ["bytes"],
  reply: strings,
});

/** Lists which jobs are leased, and since when each runs. */
export const leased = script("leased", leasedLua, {
  parts: [STATE],
  uses: ["leases", "job"],
  args: ["limit"],
  reply: strings,
});

/** Reads the history. */
export const chart = script("chart", chartLua, {
  parts: [CLOCK, HISTORY_SUMS],
  uses: ["history"],
  args: ["now", "range"],
  reply: strings,
});
