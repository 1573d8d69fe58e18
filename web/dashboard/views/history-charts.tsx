import { Chart } from "../parts/chart.tsx";
import { Absent } from "../parts/notice.tsx";
import type { ShownHistory, ShownPercentiles } from "../shapes.ts";
import type { Known } from "../store.ts";
import { duration } from "../time.ts";

const count = (value: number) => value.toLocaleString("en");

/** What the queue did in the chosen range: how many jobs ended how, how long they waited, how long they ran. */
export function HistoryCharts({ known }: { known: Known | undefined }) {
  const history = known?.got?.answer as ShownHistory | undefined;
  if (!history) return <Absent known={known} what="history" />;
  if (history.off) return <p class="empty">History is off in this deployment (HISTORY=off).</p>;
  const { buckets, bucket_seconds, totals, wait_ms, run_ms } = history;
  const values = (name: "completed" | "failed" | "retried") => buckets.map((each) => each[name]);
  const times = (name: "wait_ms" | "run_ms") => [
    { name: "median", tone: "t-p50", values: buckets.map((each) => each[name]?.p50 ?? null) },
    { name: "p95", tone: "t-p95", values: buckets.map((each) => each[name]?.p95 ?? null) },
  ];
  const shared = { buckets, bucketSeconds: bucket_seconds };
  return (
    <>
      <dl class="sums">
        <Sum name="completed" value={count(totals.completed)} />
        <Sum name="failed" value={count(totals.failed)} />
        <Sum name="retried" value={count(totals.retried)} />
        <Sum name="cancelled" value={count(totals.cancelled)} />
        <Sum name="wait" value={percentiles(wait_ms)} />
        <Sum name="run time" value={percentiles(run_ms)} />
      </dl>
      <div class="charts">
        <Chart
          {...shared}
          title="Jobs"
          kind="bars"
          write={count}
          series={[
            { name: "failed", tone: "t-bad", values: values("failed") },
            { name: "retried", tone: "t-retried", values: values("retried") },
            { name: "completed", tone: "t-good", values: values("completed") },
          ]}
        />
        <Chart {...shared} title="Wait for a worker" kind="lines" write={duration} series={times("wait_ms")} />
        <Chart {...shared} title="Run time" kind="lines" write={duration} series={times("run_ms")} />
      </div>
    </>
  );
}

function Sum({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function percentiles(given: ShownPercentiles): string {
  return given === null ? "–" : `median ${duration(given.p50)} · p95 ${duration(given.p95)}`;
}
