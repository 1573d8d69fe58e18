import * as z from "zod/mini";
import { CLOCK, HOLDERS, STATE } from "./parts.ts";
import { flag, type Part, script } from "./script.ts";
import limitLua from "./scripts/limit.lua";
import conflictsLua from "./scripts/parts/conflicts.lua";
import newJobsLua from "./scripts/parts/new_jobs.lua";
import submitLua from "./scripts/submit.lua";

const NEW_JOBS: Part = {
  name: "new_jobs",
  text: newJobsLua,
  uses: ["high", "normal", "low", "unique", "job", "PAYLOAD"],
  takes: ["sent", "start", "nowGiven"],
};
const CONFLICTS: Part = { name: "conflicts", text: conflictsLua, uses: [] };

// What each script does, the header of its file says.

/** Accepts one or many jobs, all or none, but for those whose unique keys others hold. */
export const submit = script("submit", submitLua, {
  parts: [CLOCK, STATE, HOLDERS, NEW_JOBS, CONFLICTS],
  uses: ["scheduled", "counters", "wake", "asleep"],
  args: ["now", "wakeMs", "soonMs", "maxWaiting"],
  reply: () =>
    z.union([
      z.tuple([z.enum(["accepted", "full"]), flag()]),
      z.tuple([z.enum(["exists", "conflicts"]), flag()], z.string()),
    ]),
});

/** Counts jobs against a caller's allowance. */
export const limit = script("limit", limitLua, {
  parts: [CLOCK],
  uses: [],
  special: ["allowance"],
  args: ["now", "allowed", "periodMs", "jobs"],
  reply: () => z.number(),
});
