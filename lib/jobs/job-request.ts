import * as z from "zod/mini";
import { once } from "../once.ts";
import { PRIORITIES } from "../queue/job.ts";
import { delaySeconds, runAt } from "./when.ts";

/** A job to submit, as a caller sends it. The payload is checked later, with its task's own schema. */
export const JobRequest = once(() =>
  z.strictObject({
    task: z.string(),
    payload: z.optional(z.unknown()),
    priority: z.optional(z.enum(PRIORITIES)),
    delay_seconds: z.optional(delaySeconds()),
    run_at: z.optional(runAt()),
    max_retries: z.optional(z.int().check(z.gte(0), z.lte(100))),
  }),
);
export type JobRequest = z.infer<ReturnType<typeof JobRequest>>;
