import { describe } from "../errors.ts";
import type { Log } from "../observability/log.ts";
import { metricFields, WORKER_METRICS } from "../observability/metrics.ts";
import type { SpanExporter } from "../observability/otlp.ts";
import type { TickSight } from "../queue/look.ts";
import type { QueueStats, WorkerQueue } from "../queue/worker-queue.ts";
import type { Life } from "./deadline.ts";
import { DrainMetrics, depthOf, KNOWN_DEPTH } from "./drain-metrics.ts";
import type { Observer } from "./observer.ts";
import { DrainSpans } from "./spans.ts";

/** Where an invocation tells of itself. */
export interface WatchSettings {
  log: Log;
  workerId: string;
  /** Absent: METRICS is off. Its log takes lines whatever LOG_LEVEL says. */
  metrics?: { stage: string; log: Log };
  /** Absent: nobody receives spans. */
  exportSpans?: SpanExporter | undefined;
}

/** What an invocation tells of itself besides its log. Where METRICS is off and nobody receives spans, it costs nothing. */
export interface Watch {
  observers: readonly Observer[];
  /** Writes how deep the queue is, for a call of the schedule: by asking it, or by what is known without. */
  tick(queue: WorkerQueue | Exclude<TickSight, "work">): Promise<void>;
  /** Writes and sends what is left, after the drain. */
  finish(queue: WorkerQueue, life: Life): Promise<void>;
}

/** How long spans may take at the end of an invocation, in ms, and where the process must end. */
const EXPORT_MS = 2_000;
const LAST_EXPORT_MS = 500;
/** With less life left than this, in ms, Redis is not asked. */
const STATS_MS = 2_000;

/** Makes what tells of one invocation. */
export function createWatch({ log, workerId, metrics, exportSpans }: WatchSettings): Watch {
  const counted = metrics && new DrainMetrics(metrics.stage, metrics.log);
  const spans = exportSpans && new DrainSpans(exportSpans, workerId, log);

  async function tell(
    queue: WorkerQueue | keyof typeof KNOWN_DEPTH,
    valuesOf: (stats: QueueStats) => object,
  ): Promise<void> {
    if (!metrics) return;
    try {
      const values = typeof queue === "string" ? KNOWN_DEPTH[queue] : valuesOf(await queue.stats());
      metrics.log("info", "metrics", metricFields(WORKER_METRICS, values, metrics.stage));
    } catch (error) {
      log("warn", "stats_failed", { ...describe(error) });
    }
  }

  return {
    observers: [counted, spans].filter((each) => each !== undefined),
    tick: (queue) => tell(queue, depthOf),
    async finish(queue, life) {
      counted?.flush();
      // An idle tick does not ask, so the drain that adds dead letters says how many there are.
      if (counted && counted.deadLetters > 0 && life.remainingMs() > STATS_MS)
        await tell(queue, ({ failed }) => ({ DeadLetters: failed }));
      const most = life.shutdown?.aborted ? LAST_EXPORT_MS : EXPORT_MS;
      await spans?.finish(Math.max(0, Math.min(most, life.remainingMs() / 2)));
    },
  };
}
