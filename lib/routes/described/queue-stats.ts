import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { withWords } from "../../schema/with-words.ts";
import { PAUSED } from "./paused-view.ts";

/** How many jobs are where. */
export const QueueStatsView = z
  .object({
    ready: withWords(z.object({ high: z.int(), normal: z.int(), low: z.int() }), "Waiting for a worker, by priority"),
    suspects: withWords(z.int(), "Waiting for a worker, to run apart from others: they were in a process that crashed"),
    scheduled: withWords(z.int(), "Waiting for their time: a delay, or the pause before a retry"),
    processing: z.int(),
    completed: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    oldest_ready_seconds: withWords(
      z.optional(z.number()),
      "How long the oldest ready job has been ready; absent where no job is ready, or the queue is paused",
    ),
    next_due_seconds: withWords(
      z.optional(z.number()),
      "In how many seconds the next job, slot of a schedule or end of a pause is due, 0 where one is overdue; absent where nothing waits for its time",
    ),
    ...PAUSED,
    totals: withWords(
      z.record(z.string(), z.int()),
      "All-time totals: completed, failed, retried, deferred, snoozed, released, cancelled, redriven, deleted, lease_expired, missing",
    ),
  })
  .register(components, { id: "QueueStats" });
export type QueueStatsView = z.infer<typeof QueueStatsView>;

/** Describes `GET /queue-stats`. */
export const queueStats: Described = {
  tag: "Queue",
  summary: "How many jobs are where, and all-time totals",
  answers: {
    200: answer({
      description: "The numbers, all from one moment",
      schema: QueueStatsView,
      headers: ["Wakeq-May"],
      examples: {
        busy: {
          ready: { high: 0, normal: 12, low: 3 },
          suspects: 0,
          scheduled: 2,
          processing: 8,
          completed: 5120,
          failed: 4,
          cancelled: 1,
          oldest_ready_seconds: 0.8,
          next_due_seconds: 41.3,
          paused_tasks: [],
          totals: { completed: 90210, failed: 17, retried: 311, cancelled: 9, lease_expired: 2 },
        },
      },
    }),
  },
};
