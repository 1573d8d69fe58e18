import * as z from "zod/mini";
import { once } from "../once.ts";
import { PRIORITIES } from "../queue/job.ts";
import { withWords } from "../schema/with-words.ts";
import { uniqueRule } from "./unique.ts";
import { delaySeconds, expiresSeconds, instant } from "./when.ts";

/** A job to submit, as a caller sends it. The payload is checked later, with its task's own schema. */
export const JobRequest = once(() =>
  z.strictObject({
    task: z.string(),
    payload: withWords(z.optional(z.unknown()), "What the task gets; an absent one counts as `{}`"),
    priority: withWords(
      z.optional(z.enum(PRIORITIES)),
      "High before normal before low; one claim in twenty begins with low, so that nothing waits forever",
    ),
    delay_seconds: withWords(z.optional(delaySeconds()), "Run no sooner than this. Give this or `run_at`, not both"),
    run_at: withWords(
      z.optional(instant()),
      "Run no sooner than this instant, such as `2030-01-31T12:00:00Z`; at most a year from now",
    ),
    expires_seconds: withWords(
      z.optional(expiresSeconds()),
      "If no attempt has begun within this time of the submit, the job fails with `Expired` and never runs. Longer than the delay",
    ),
    max_retries: withWords(z.optional(z.int().check(z.gte(0), z.lte(100))), "Attempts after the first"),
    unique: withWords(
      z.optional(uniqueRule()),
      "While another job of this task holds this key, this one is not accepted: the answer has the other one's id. Default: what its task says",
    ),
  }),
);
export type JobRequest = z.infer<ReturnType<typeof JobRequest>>;
