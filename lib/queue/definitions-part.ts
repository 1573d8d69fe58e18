import type { Part } from "./script.ts";
import definitions from "./scripts/parts/definitions.lua";

/** Reads and changes schedules. Apart from the other parts, which every function loads. */
export const DEFINITIONS: Part = {
  name: "definitions",
  text: definitions,
  uses: ["scheduled", "asleep", "schedules"],
};
