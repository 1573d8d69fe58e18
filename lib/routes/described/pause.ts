import { answer, type Described } from "../../http/described.ts";
import { PausedView } from "./paused-view.ts";

/** Describes `POST /pause`. */
export const pause: Described = {
  tag: "Queue",
  summary:
    "Let no more jobs begin, of the queue or of one task, or let one schedule make none; running jobs end, and submits go on",
  bodies: {
    queue: { until: "2030-01-31T13:00:00Z" },
    task: { task: "send_email" },
    schedule: { schedule: "nightly-report" },
  },
  answers: {
    200: answer({
      description: "What is paused now. Paused schedules are not listed; `GET /schedules` shows them",
      schema: PausedView,
      examples: {
        queue: { paused: { since: "2030-01-31T12:00:00.000Z", until: "2030-01-31T13:00:00.000Z" }, paused_tasks: [] },
        task: { paused_tasks: [{ task: "send_email", since: "2030-01-31T12:00:00.000Z", parked: 12 }] },
      },
    }),
  },
};
