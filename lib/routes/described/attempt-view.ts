import * as z from "zod/mini";
import { components } from "../../http/described.ts";
import type { WholeError } from "../../observability/failure.ts";
import { OUTCOMES } from "../../queue/job.ts";
import { withWords } from "../../schema/with-words.ts";

/** An attempt's whole error. */
const ErrorView: z.ZodMiniType<WholeError> = z
  .object({
    name: z.string(),
    message: z.string(),
    stack: withWords(z.optional(z.string()), "Where it came from, a line each, in terms of the sources"),
    code: withWords(z.optional(z.string()), "A code such as `ECONNREFUSED`"),
    get cause() {
      return withWords(z.optional(ErrorView), "What caused it");
    },
    get errors() {
      return withWords(z.optional(z.array(ErrorView)), "The errors of an `AggregateError`");
    },
  })
  .register(components, { id: "JobError" }) as unknown as z.ZodMiniType<WholeError>;

/** A line that a task logged. */
export const LogLineView = z.object({
  at: z.iso.datetime(),
  message: z.string(),
  fields: z.optional(z.record(z.string(), z.unknown())),
});

/** An attempt that has ended. */
export const AttemptView = z.object({
  attempt: z.int(),
  outcome: z.enum(OUTCOMES),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime(),
  worker: z.string(),
  error: z.optional(z.string()),
  message: z.optional(z.string()),
  detail: withWords(z.optional(ErrorView), "The whole error: of the last attempt that failed, and of the first"),
});
