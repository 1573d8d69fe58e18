import * as z from "zod/mini";
import { flag, READY, script, strings } from "./script.ts";
import cancelLua from "./scripts/cancel.lua";
import limitLua from "./scripts/limit.lua";
import redriveLua from "./scripts/redrive.lua";
import statsLua from "./scripts/stats.lua";
import submitLua from "./scripts/submit.lua";

export const submit = script("submit", submitLua, {
  keys: [...READY, "scheduled", "wake"],
  args: ["now", "prefix", "wakeMs", "soonMs"],
  reply: () => z.union([z.tuple([z.literal("accepted"), flag()]), z.tuple([z.literal("exists"), flag()], z.string())]),
});

export const cancel = script("cancel", cancelLua, {
  keys: [...READY, "scheduled", "leases", "cancelled", "counters", "record"],
  args: ["now", "id"],
  reply: () => z.union([z.tuple([z.enum(["cancelled", "finished"]), z.string()]), z.tuple([z.literal("missing")])]),
});

export const redrive = script("redrive", redriveLua, {
  keys: [...READY, "failed", "cancelled", "counters", "wake", "record"],
  args: ["now", "id", "request", "wakeMs"],
  reply: () =>
    z.union([
      z.tuple([z.literal("redriven"), z.string(), flag()]),
      z.tuple([z.literal("refused"), z.string()]),
      z.tuple([z.literal("missing")]),
    ]),
});

export const stats = script("stats", statsLua, {
  keys: [...READY, "scheduled", "leases", "completed", "failed", "cancelled", "counters"],
  args: ["now", "prefix"],
  reply: () => {
    const count = z.number();
    return z.tuple([z.string(), count, count, count, count, count, count, count, count, strings(), strings()]);
  },
});

export const limit = script("limit", limitLua, {
  keys: ["allowance"],
  args: ["now", "requests", "periodMs"],
  reply: () => z.number(),
});
