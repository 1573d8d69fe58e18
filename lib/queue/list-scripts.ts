import { STATE } from "./parts.ts";
import { script, strings } from "./script.ts";
import leasedLua from "./scripts/leased.lua";
import recordsLua from "./scripts/records.lua";

// What each script does, the header of its file says.

export const records = script("records", recordsLua, {
  parts: [STATE],
  uses: ["job"],
  args: ["bytes"],
  reply: strings,
});

export const leased = script("leased", leasedLua, {
  parts: [STATE],
  uses: ["leases", "job"],
  args: ["limit"],
  reply: strings,
});
