import * as z from "zod/mini";
import { components } from "../../http/described.ts";
import { withWords } from "../../schema/with-words.ts";

const since = z.iso.datetime();
const until = withWords(z.optional(z.iso.datetime()), "Absent: until it is resumed");

/** The fields that say what is paused. */
export const PAUSED = {
  paused: withWords(
    z.optional(z.object({ since, until })),
    "The pause of the whole queue: no job begins. Absent: it is not paused",
  ),
  paused_tasks: withWords(
    z.array(
      z.object({
        task: z.string(),
        since,
        until,
        parked: withWords(z.int(), "Jobs of the task that were ready and have been set aside, in order"),
        resuming: withWords(
          z.optional(z.literal(true)),
          "It has been resumed, and its parked jobs are on their way back to their lists",
        ),
      }),
    ),
    "The tasks of which no job begins",
  ),
};

/** What is paused. */
export const PausedView = z.object(PAUSED).register(components, { id: "Paused" });
export type PausedView = z.infer<typeof PausedView>;
