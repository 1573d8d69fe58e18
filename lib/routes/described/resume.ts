import { answer, type Described } from "../../http/described.ts";
import { PausedView } from "./paused-view.ts";

/** Describes `POST /resume`. */
export const resume: Described = {
  tag: "Queue",
  summary: "End a pause, of the queue or of one task: its jobs go on in their order. What is not paused stays as it is",
  bodies: { queue: {}, task: { task: "send_email" } },
  answers: {
    200: answer({ description: "What is paused now", schema: PausedView, examples: { nothing: { paused_tasks: [] } } }),
  },
};
