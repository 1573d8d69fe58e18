import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";

/** Describes `GET /health`. */
export const health: Described = {
  tag: "Service",
  summary: "Whether the service and its database answer",
  answers: {
    200: answer({
      description: "Both answer, or did at most 5 s ago",
      schema: z.object({ status: z.literal("pass") }).register(components, { id: "Health" }),
      examples: { pass: { status: "pass" } },
    }),
  },
};
