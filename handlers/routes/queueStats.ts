import { endpoint } from "../../lib/http/endpoint.ts";
import { routes } from "../../lib/routes/api.ts";

/** GET /queue-stats: how many jobs are where. Answer: `routes.queueStats`. */
export const handler = endpoint(routes.queueStats, async (_, { queue }) => {
  const { now, oldestReadyAt, ...counts } = await queue.stats();
  const oldest = oldestReadyAt === undefined ? {} : { oldest_ready_seconds: Math.max(0, now - oldestReadyAt) / 1_000 };
  return { status: 200, body: { ...counts, ...oldest } };
});
