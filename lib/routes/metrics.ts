import { route } from "../http/route.ts";
import { prometheusText } from "../observability/prometheus.ts";
import { readHistory } from "../queue/history.ts";
import type { JobQueue } from "../queue/job-queue.ts";
import { remembered } from "../remembered.ts";

/** How long an answer is kept, however many ask. */
const KEPT_MS = 10_000;
const measured = remembered(async (queue: JobQueue) => {
  const [stats, history] = await Promise.all([queue.stats(), readHistory(queue, "hour")]);
  return prometheusText(stats, history);
}, KEPT_MS);

/** GET /metrics: totals, depth, and the last hour, in Prometheus' text format. At most one look in 10 s. */
export const metrics = route({
  name: "metrics",
  method: "GET",
  path: "/metrics",
  scope: "read",
  errors: [],

  async handle(_, { queue }) {
    return { status: 200, text: { type: "text/plain; version=0.0.4; charset=utf-8", body: await measured(queue) } };
  },
});
