import type { Percentiles, QueueHistory } from "../queue/history-ranges.ts";
import type { QueueStats } from "../queue/job-queue.ts";

type Sample = [labels: Record<string, string>, value: number];

/** Writes what a scrape of Prometheus gets: its text format 0.0.4. `history` is that of the last hour. */
export function prometheusText(stats: QueueStats, history: QueueHistory): string {
  const { ready, suspects, scheduled, processing, completed, failed, cancelled, oldestReadyAt, now, totals } = stats;
  const parked = (stats.pausedTasks ?? []).map(({ task, parked }): Sample => [{ task }, parked]);
  const oldest = oldestReadyAt === undefined ? 0 : Math.max(0, now - oldestReadyAt) / 1_000;
  const places = { suspects, scheduled, processing, completed, failed, cancelled };
  const ends = [history.completed, history.failed, history.retried, history.cancelled];
  return [
    metric("wakeq_events_total", "counter", "Events since the queue began, by their kind", samples("event", totals)),
    metric("wakeq_ready_jobs", "gauge", "Jobs that wait for a worker, by priority", samples("priority", ready)),
    metric("wakeq_jobs", "gauge", "Other jobs that are kept, by place", samples("place", places)),
    metric("wakeq_parked_jobs", "gauge", "Waiting jobs that are set aside, by their paused task", parked),
    metric("wakeq_paused", "gauge", "1 while the queue is paused, else 0", [[{}, stats.paused ? 1 : 0]]),
    metric("wakeq_oldest_ready_seconds", "gauge", "How long the oldest ready job has been ready", [[{}, oldest]]),
    metric(
      "wakeq_last_hour_jobs",
      "gauge",
      "Jobs and attempts that ended within the last hour, by outcome",
      ["completed", "failed", "retried", "cancelled"].map((outcome, i): Sample => [{ outcome }, ends[i]!]),
    ),
    metric(
      "wakeq_last_hour_wait_seconds",
      "gauge",
      "How long attempts waited for their start",
      quantiles(history.waitMs),
    ),
    metric("wakeq_last_hour_run_seconds", "gauge", "How long attempts ran", quantiles(history.runMs)),
  ].join("");
}

function samples(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}

function quantiles(percentiles: Percentiles | null): Sample[] {
  if (!percentiles) return [];
  return [
    [{ quantile: "0.5" }, percentiles.p50 / 1_000],
    [{ quantile: "0.95" }, percentiles.p95 / 1_000],
  ];
}

/** Writes a metric. It has no lines where it has no samples. */
function metric(name: string, type: string, help: string, found: readonly Sample[]): string {
  if (found.length === 0) return "";
  const lines = found.map(([labels, value]) => {
    const written = Object.entries(labels).map(([label, text]) => `${label}="${text.replaceAll(/[\\"]/g, "\\$&")}"`);
    return `${name}${written.length > 0 ? `{${written.join(",")}}` : ""} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}
