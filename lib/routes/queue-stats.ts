import { route } from "../http/route.ts";
import { pausedIn } from "./paused-view.ts";

/** GET /queue-stats: how many jobs are where. */
export const queueStats = route({
  name: "queueStats",
  method: "GET",
  path: "/queue-stats",
  scope: "read",
  errors: [],

  async handle(_request, { queue }) {
    const { now, oldestReadyAt, paused, pausedTasks, timers: _, ...counts } = await queue.stats();
    const oldest =
      oldestReadyAt === undefined ? {} : { oldest_ready_seconds: Math.max(0, now - oldestReadyAt) / 1_000 };
    return { status: 200, body: { ...counts, ...oldest, ...pausedIn({ paused, pausedTasks }) } };
  },
});
