import { DEFINITIONS } from "./definitions-part.ts";
import { CLOCK, STATE } from "./parts.ts";
import { TIMERS } from "./pause-parts.ts";
import { type Part, script, strings } from "./script.ts";
import fireLua from "./scripts/fire.lua";
import slotsLua from "./scripts/parts/slots.lua";

// Loaded when a slot of a schedule is first fired: most workers never need it.

const SLOTS: Part = {
  name: "slots",
  text: slotsLua,
  uses: ["high", "normal", "low", "scheduled", "job", "PAYLOAD"],
};

/** Submits the jobs of due slots, and moves their schedules on. */
export const fire = script("fire", fireLua, {
  parts: [CLOCK, STATE, TIMERS, DEFINITIONS, SLOTS],
  uses: ["scheduled", "schedules", "job"],
  args: [],
  reply: strings,
});
