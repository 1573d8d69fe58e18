import * as z from "zod/mini";
import { once } from "../once.ts";
import { PRIORITIES } from "../queue/job.ts";
import { withWords } from "../schema/with-words.ts";

/**
 * A schedule to make or to change, as a caller sends it. What the rule, the zone and the payload must be is checked later
 * (`lib/schedules/check.ts`), by the same code that checks the schedules of `defineQueue`.
 */
export const ScheduleRequest = once(() =>
  z.strictObject({
    task: z.string(),
    payload: withWords(z.optional(z.unknown()), "What each job gets, at most 16 KiB; an absent one counts as `{}`"),
    cron: withWords(
      z.optional(z.string()),
      "Five fields, six with seconds, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Give this or `every`",
    ),
    every: withWords(
      z.optional(z.union([z.number(), z.string()])),
      "Seconds, or a number with its unit: `15m`, `15 minutes`. Slots are its multiples since the epoch",
    ),
    time_zone: withWords(z.optional(z.string()), "The IANA zone of `cron`, such as `Europe/Berlin`. Default `UTC`"),
    catch_up: withWords(
      z.optional(z.union([z.enum(["last", "skip"]), z.strictObject({ all: z.number() })])),
      'What becomes of slots that were missed, because no worker ran: the last one makes a job (`last`, the default), none does (`skip`), or the last few do (`{"all": 10}`, at most 1,000), whatever `overlap` says',
    ),
    overlap: withWords(
      z.optional(z.enum(["skip", "allow"])),
      "What a slot does while the job of an earlier one has not finished: nothing (`skip`, the default), or one more job",
    ),
    jitter_seconds: withWords(
      z.optional(z.number()),
      "Spreads jobs over this many seconds after their slot, 0 to 3,600. The same slot always gets the same delay",
    ),
    priority: z.optional(z.enum(PRIORITIES)),
    paused: withWords(z.optional(z.boolean()), "Whether it waits until it is resumed"),
  }),
);
export type ScheduleRequest = z.infer<ReturnType<typeof ScheduleRequest>>;
