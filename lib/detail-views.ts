import * as z from "zod/mini";
import type { Whole } from "./failure.ts";
import { once } from "./once.ts";

/** An error of an attempt, whole. */
export const ErrorView: () => z.ZodMiniType<Whole> = once(
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
    }) as unknown as z.ZodMiniType<Whole>,
);

/** A line that a task logged. */
export const LogLineView = once(() =>
  z.object({
    at: z.iso.datetime(),
    message: z.string(),
    fields: z.optional(z.record(z.string(), z.unknown())),
  }),
);
