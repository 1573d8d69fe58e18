import { SCOPES } from "../config/scopes.ts";
import { route } from "../http/route.ts";
import { pausedIn } from "./paused-view.ts";

/** GET /queue-stats: how many jobs are where. */
export const queueStats = route({
  name: "queueStats",
  method: "GET",
  path: "/queue-stats",
  scope: "read",
  errors: [],

  async handle({ may }, { queue }) {
    const { now, oldestReadyAt, nextDueAt, paused, pausedTasks, timers: _, ...counts } = await queue.stats();
    const ages = {
      ...(oldestReadyAt === undefined ? {} : { oldest_ready_seconds: Math.max(0, now - oldestReadyAt) / 1_000 }),
      ...(nextDueAt === undefined ? {} : { next_due_seconds: Math.max(0, nextDueAt - now) / 1_000 }),
    };
    // The dashboard shows a reader only what it may do.
    const headers = { "wakeq-may": SCOPES.filter(may).join(" ") };
    return { status: 200, headers, body: { ...counts, ...ages, ...pausedIn({ paused, pausedTasks }) } };
  },
});
