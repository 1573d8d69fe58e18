import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";

/** Describes `GET /pulse`. */
export const pulse: Described = {
  tag: "Queue",
  summary: "Whether anything has changed: a tag, for one to three commands of Redis",
  answers: {
    200: answer({
      description:
        "The tag changes when jobs are submitted, claimed, make progress, end, are cancelled, retried or deleted, and when something is paused or resumed. Run now may leave it as it is until the job begins, and so may a schedule that is replaced: look again every few minutes anyway",
      schema: z.object({ tag: z.string() }).register(components, { id: "Pulse" }),
      examples: { tag: { tag: "hqtOSk2lhqtOSk2lhqtOSk" } },
    }),
  },
};
