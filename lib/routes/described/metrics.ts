import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";

/** Describes `GET /metrics`. */
export const metrics: Described = {
  tag: "Queue",
  summary: "The same for Prometheus",
  answers: {
    200: answer({
      description: "Prometheus' text format 0.0.4: totals, depth, what is paused and the last hour, at most 10 s old",
      type: "text/plain",
      schema: z.string().register(components, { id: "Metrics" }),
      examples: {
        "a line":
          "# HELP wakeq_oldest_ready_seconds How long the oldest ready job has been ready\n# TYPE wakeq_oldest_ready_seconds gauge\nwakeq_oldest_ready_seconds 0.8\n",
      },
    }),
  },
};
