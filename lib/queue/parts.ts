import type { Part } from "./script.ts";
import clock from "./scripts/parts/clock.lua";
import holders from "./scripts/parts/holders.lua";
import state from "./scripts/parts/state.lua";

/** Reads the clock. */
export const CLOCK: Part = { name: "clock", text: clock, uses: [] };
/** Reads and writes a record's state. */
export const STATE: Part = { name: "state", text: state, uses: [] };

/** Says which job holds a unique key. Behind STATE. */
export const HOLDERS: Part = { name: "holders", text: holders, uses: ["job"] };
