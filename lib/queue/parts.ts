import type { Part } from "./script.ts";
import body from "./scripts/parts/body.lua";
import clock from "./scripts/parts/clock.lua";
import grow from "./scripts/parts/grow.lua";
import history from "./scripts/parts/history.lua";
import ready from "./scripts/parts/ready.lua";
import state from "./scripts/parts/state.lua";

/** What time it is. */
export const CLOCK: Part = { name: "clock", text: clock, uses: [] };
/** A record's state. */
export const STATE: Part = { name: "state", text: state, uses: [] };
export const GROW: Part = { name: "grow", text: grow, uses: [] };
const BODY: Part = { name: "body", text: body, uses: [] };
const HISTORY: Part = { name: "history", text: history, uses: [] };
const LISTS: Part = { name: "ready", text: ready, uses: ["high", "normal", "low", "suspects", "leases"] };

/** What every script needs that moves jobs, in this order. */
export const MOVING: readonly Part[] = [CLOCK, GROW, STATE, BODY, HISTORY, LISTS];
