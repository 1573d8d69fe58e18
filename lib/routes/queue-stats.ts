import * as z from "zod/mini";
import { component } from "../http/component.ts";
import { route } from "../http/route.ts";

/** How many jobs are where. */
export const QueueStatsView = component("QueueStats", () =>
  z.object({
    ready: z.object({ high: z.int(), normal: z.int(), low: z.int() }),
    suspects: z.int(),
    scheduled: z.int(),
    processing: z.int(),
    completed: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    /** For how long the oldest ready job has been ready; absent where none is. */
    oldest_ready_seconds: z.optional(z.number()),
    /** All-time totals: completed, failed, retried, deferred, snoozed, released, cancelled, redriven, lease_expired, missing. */
    totals: z.record(z.string(), z.int()),
  }),
);
export type QueueStatsView = z.infer<ReturnType<typeof QueueStatsView>>;

/** GET /queue-stats: how many jobs are where. */
export const queueStats = route({
  name: "queueStats",
  method: "GET",
  path: "/queue-stats",
  summary: "How many jobs are where, and all-time totals",
  scope: "read",
  answers: { 200: { description: "The numbers, all from one moment", schema: QueueStatsView } },
  errors: [],

  async handle(_, { queue }) {
    const { now, oldestReadyAt, ...counts } = await queue.stats();
    const oldest =
      oldestReadyAt === undefined ? {} : { oldest_ready_seconds: Math.max(0, now - oldestReadyAt) / 1_000 };
    return { status: 200, body: { ...counts, ...oldest } };
  },
});
