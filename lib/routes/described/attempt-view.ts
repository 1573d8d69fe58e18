import * as z from "zod/mini";
import { type Component, component } from "../../http/component.ts";
import type { WholeError } from "../../observability/failure.ts";
import { once } from "../../once.ts";
import { OUTCOMES } from "../../queue/job.ts";

/** An attempt's whole error. */
const ErrorView: Component<z.ZodMiniType<WholeError>> = component(
  "JobError",
  () =>
    z.object({
      name: z.string(),
      message: z.string(),
      stack: z.optional(z.string()),
      code: z.optional(z.string()),
      get cause() {
        return z.optional(ErrorView());
      },
      get errors() {
        return z.optional(z.array(ErrorView()));
      },
    }) as unknown as z.ZodMiniType<WholeError>,
);

/** A line that a task logged. */
export const LogLineView = once(() =>
  z.object({
    at: z.iso.datetime(),
    message: z.string(),
    fields: z.optional(z.record(z.string(), z.unknown())),
  }),
);

/** An attempt that has ended. */
export const AttemptView = once(() =>
  z.object({
    attempt: z.int(),
    outcome: z.enum(OUTCOMES),
    started_at: z.iso.datetime(),
    ended_at: z.iso.datetime(),
    worker: z.string(),
    error: z.optional(z.string()),
    message: z.optional(z.string()),
    /** The whole error: of the last attempt that failed, and of the first. */
    detail: z.optional(ErrorView()),
  }),
);
