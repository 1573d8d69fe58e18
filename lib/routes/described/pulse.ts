import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";

/** Describes `GET /pulse`. */
export const pulse: Described = {
  tag: "Queue",
  summary: "Whether anything has changed: a tag, for one or two commands of Redis",
  answers: {
    200: answer({
      description:
        "The tag changes when jobs are submitted, claimed, make progress, end or are deleted. One that waits and is cancelled, retried or hastened may leave it as it is: look again every half minute anyway",
      schema: z.object({ tag: z.string() }).register(components, { id: "Pulse" }),
      examples: { tag: { tag: "hqtOSk2lhqtOSk2lhqtOSk" } },
    }),
  },
};
