import * as z from "zod/mini";
import { GROW, HISTORY_COUNTS, HISTORY_SUMS, MOVING, UNIQUE_KEYS } from "./moving-parts.ts";
import { CLOCK, STATE } from "./parts.ts";
import { BATCH, PAUSES, TIMERS, UNPARK } from "./pause-parts.ts";
import { flag, type Part, script, strings } from "./script.ts";
import claimLua from "./scripts/claim.lua";
import extendLua from "./scripts/extend.lua";
import arriveLua from "./scripts/parts/arrive.lua";
import backLua from "./scripts/parts/back.lua";
import cronLua from "./scripts/parts/cron.lua";
import dueLua from "./scripts/parts/due.lua";
import endingLua from "./scripts/parts/ending.lua";
import groupsLua from "./scripts/parts/groups.lua";
import historyBucketsLua from "./scripts/parts/history_buckets.lua";
import parkLua from "./scripts/parts/park.lua";
import popLua from "./scripts/parts/pop.lua";
import reclaimLua from "./scripts/parts/reclaim.lua";
import replayLua from "./scripts/parts/replay.lua";
import sleepLua from "./scripts/parts/sleep.lua";
import takeLua from "./scripts/parts/take.lua";
import toldLua from "./scripts/parts/told.lua";
import unknownLua from "./scripts/parts/unknown.lua";
import wakeLua from "./scripts/parts/wake.lua";
import rollLua from "./scripts/roll.lua";
import settleLua from "./scripts/settle.lua";
import trimLua from "./scripts/trim.lua";

const REPLAY: Part = {
  name: "replay",
  text: replayLua,
  uses: [],
  takes: ["saved", "token", "flag", "lingering", "now", "leaseMs"],
};
const DUE: Part = {
  name: "due",
  text: dueLua,
  uses: ["scheduled"],
  takes: ["now", "limit", "missing", "dueNames"],
};
const CRON: Part = { name: "cron", text: cronLua, uses: ["scheduled", "schedules"], takes: ["dueNames"] };
const RECLAIM: Part = {
  name: "reclaim",
  text: reclaimLua,
  uses: ["leases", "failed", "counters", "job"],
  takes: ["now", "limit", "missing", "keepsHistory"],
};
const UNKNOWN: Part = {
  name: "unknown",
  text: unknownLua,
  uses: ["suspects", "scheduled", "leases", "unknown", "job"],
};
const POP: Part = { name: "pop", text: popLua, uses: ["high", "normal", "low", "suspects", "unknown"] };
const PARK: Part = { name: "park", text: parkLua, uses: ["leases", "parked"] };
const TAKE: Part = {
  name: "take",
  text: takeLua,
  uses: ["suspects", "scheduled", "leases"],
  takes: ["count", "holding", "bytes", "token", "now", "leaseMs", "missing", "tasks", "pauses"],
};
const WAKE: Part = { name: "wake", text: wakeLua, uses: ["leases", "wake", "linger"] };
const SLEEP: Part = {
  name: "sleep",
  text: sleepLua,
  uses: ["asleep"],
  takes: ["asleepUntil", "nextDue", "now", "lingerMs", "sleepMs"],
};

// What each script does, the header of its file says.

/** Takes ready jobs under a token, for a time. */
export const claim = script("claim", claimLua, {
  parts: [
    ...[...MOVING, HISTORY_COUNTS, ...UNIQUE_KEYS, BATCH, TIMERS, PAUSES, REPLAY, DUE, RECLAIM, CRON],
    ...[UNPARK, UNKNOWN, POP, PARK, TAKE, WAKE, SLEEP],
  ],
  uses: ["suspects", "counters", "wake", "linger", "asleep", "paused", "paused_tasks"],
  special: ["claimed"],
  args: ["now", "token", "count", "holding", "arrived", "againMs", "sweep", "settings"],
  reply: () =>
    z.tuple([
      ...([z.string(), flag(), flag(), z.string(), strings(), strings(), strings(), strings()] as const),
      ...([flag(), flag(), strings(), strings()] as const),
    ]),
});

const TOLD: Part = {
  name: "told",
  text: toldLua,
  uses: ["scheduled", "asleep", "job"],
  takes: ["id", "text", "body", "state", "now", "writes", "due"],
};
const ARRIVE: Part = {
  name: "arrive",
  text: arriveLua,
  uses: ["scheduled", "leases", "asleep"],
  takes: ["zsets", "back", "asleepUntil"],
};
const BACK: Part = { name: "back", text: backLua, uses: ["parked"] };
const HISTORY_BUCKETS: Part = { name: "history_buckets", text: historyBucketsLua, uses: [] };
const GROUPS: Part = { name: "groups", text: groupsLua, uses: [], takes: ["sent", "start"] };
const ENDING: Part = {
  name: "ending",
  text: endingLua,
  uses: ["RESULT", "ERROR", "FIRST_ERROR", "LOG", "job"],
};

/** Reports how attempts ended, those of a whole batch in one call. */
export const settle = script("settle", settleLua, {
  parts: [
    ...[...MOVING, HISTORY_COUNTS, HISTORY_BUCKETS, ...UNIQUE_KEYS, TIMERS, PAUSES],
    ...[BACK, GROUPS, ENDING, ARRIVE, TOLD, UNKNOWN],
  ],
  uses: ["scheduled", "leases", "completed", "failed", "counters", "asleep", "paused_tasks", "job"],
  args: ["now", "keepsHistory"],
  reply: strings,
});

/** Keeps running jobs leased, and says which ones are no longer held. */
export const extend = script("extend", extendLua, {
  parts: [CLOCK, GROW, STATE, TOLD],
  uses: ["leases", "job"],
  args: ["now", "leaseMs"],
  reply: () => z.array(z.enum(["held", "cancelled", "lost"])),
});

/** Forgets finished jobs that are too old, or too many. */
export const trim = script("trim", trimLua, {
  parts: [CLOCK],
  uses: ["completed", "failed", "cancelled", "job", "PAYLOAD", "RESULT", "ERROR", "FIRST_ERROR", "LOG"],
  args: ["now", "limit"],
  reply: () => z.tuple([z.number(), z.number(), z.number()]),
});

/** Adds old hours of the history to their days. */
export const roll = script("roll", rollLua, {
  parts: [CLOCK, HISTORY_SUMS],
  uses: ["history"],
  args: ["now", "limit"],
  reply: () => z.number(),
});
