import * as z from "zod/mini";
import { flag, READY, script, strings } from "./script.ts";
import claimLua from "./scripts/claim.lua";
import extendLua from "./scripts/extend.lua";
import settleLua from "./scripts/settle.lua";
import trimLua from "./scripts/trim.lua";

export const claim = script("claim", claimLua, {
  keys: [...READY, "scheduled", "leases", "failed", "counters", "wake", "linger", "claimed"],
  args: [
    "now",
    "prefix",
    "token",
    "count",
    "bytes",
    "leaseMs",
    "sweep",
    "arrived",
    "againMs",
    "lingerMs",
    "running",
    "wakeMs",
  ],
  reply: () => z.tuple([z.string(), flag(), flag(), z.string(), strings(), strings(), strings(), strings()]),
});

export const settle = script("settle", settleLua, {
  keys: [...READY, "scheduled", "leases", "completed", "failed", "counters"],
  args: ["now", "prefix"],
  reply: strings,
});

const EXTENDED = ["held", "cancelled", "lost"] as const;
export type Extended = (typeof EXTENDED)[number];
export const extend = script("extend", extendLua, {
  keys: ["leases"],
  args: ["now", "prefix", "leaseMs"],
  reply: () => z.array(z.enum(EXTENDED)),
});

export const trim = script("trim", trimLua, {
  keys: ["completed", "failed", "cancelled"],
  args: ["now", "prefix", "limit"],
  reply: () => z.tuple([z.number(), z.number(), z.number()]),
});
