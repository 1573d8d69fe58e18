import { countOf } from "../job-state.ts";
import { Link } from "../parts/link.tsx";
import { Age } from "../parts/moment.tsx";
import { Absent } from "../parts/notice.tsx";
import { withQuery } from "../place.ts";
import type { ShownCounts, ShownFailures, ShownRange, ShownSchedules, ShownState } from "../shapes.ts";
import { answerOf, countsNow, type State } from "../store.ts";
import { duration, midnight } from "../time.ts";
import { verdictOf } from "../verdict.ts";
import { FailureLines } from "./failure-lines.tsx";
import { HistoryCharts } from "./history-charts.tsx";

const RANGES: [ShownRange, string][] = [
  ["hour", "Last hour"],
  ["day", "Last day"],
  ["month", "Last month"],
];

/** The queue at a glance: whether it keeps up, what happened, what fails, what comes. */
export function Overview({ state }: { state: State }) {
  const { place, known, now } = state;
  const stats = countsNow();
  const range = (place.query.range ?? "hour") as ShownRange;
  const path = `history?range=${range}`;
  return (
    <section class="overview" aria-labelledby="view-title">
      <h2 id="view-title" tabIndex={-1} class="unseen">
        Overview
      </h2>
      {stats ? (
        <Now stats={stats} earlier={state.earlier} now={now} />
      ) : (
        <Absent known={known["queue-stats"]} what="the queue's counts" />
      )}
      <div class="row-head">
        <h2>History</h2>
        <nav class="ranges" aria-label="Range">
          {RANGES.map(([each, words]) => (
            <Link to={withQuery(place, { range: each })} aria-current={each === range ? "true" : undefined}>
              {words}
            </Link>
          ))}
        </nav>
      </div>
      <HistoryCharts known={known[path]} />
      {stats && <p class="totals">{totalWords(stats.totals)}</p>}
      <div class="halves">
        <section aria-labelledby="fails-title">
          <div class="row-head">
            <h2 id="fails-title">
              <Link to={{ view: "failures", query: {} }}>What fails</Link>
            </h2>
            <span class="soft small">
              all failures kept ·{" "}
              <Link to={{ view: "failures", query: { since: new Date(midnight(now)).toISOString() } }}>
                see today's only
              </Link>
            </span>
          </div>
          <FailureLines known={known.failures} failures={answerOf<ShownFailures>("failures")} place={place} now={now} />
        </section>
        <section aria-labelledby="comes-title">
          <div class="row-head">
            <h2 id="comes-title">
              <Link to={{ view: "schedules", query: {} }}>What comes next</Link>
            </h2>
          </div>
          <Coming state={state} />
        </section>
      </div>
    </section>
  );
}

const TILES: ShownState[] = ["waiting", "paused", "running", "scheduled", "completed", "failed", "cancelled"];

function Now({ stats, earlier, now }: { stats: ShownCounts } & Pick<State, "earlier" | "now">) {
  const { tone, word, sentence } = verdictOf(stats, earlier, now);
  const oldest = stats.oldest_ready_seconds;
  return (
    <>
      <p id="verdict" class={`verdict ${tone}`}>
        <strong>{word}.</strong> {sentence}
      </p>
      <div class="tiles">
        {TILES.map((each) => {
          const count = countOf(each, stats) ?? 0;
          if (each === "paused" && count === 0) return null;
          const age = oldest === undefined ? "" : `oldest ${duration(oldest * 1_000)}`;
          const more = each === "waiting" ? age : each === "scheduled" ? "incl. retries" : "";
          return (
            <Link to={{ view: "jobs", query: { status: each } }} class={`tile ${each} ${count > 0 ? "some" : ""}`}>
              <span class="name">{each}</span>
              <span class="count">{count.toLocaleString("en")}</span>
              <span class="more">{more}</span>
            </Link>
          );
        })}
      </div>
    </>
  );
}

function totalWords(totals: ShownCounts["totals"]): string {
  const words = Object.entries(totals).flatMap(([name, count]) =>
    count > 0 ? [`${count.toLocaleString("en")} ${name.replaceAll("_", " ")}`] : [],
  );
  return words.length > 0 ? `All-time: ${words.join(" · ")}` : "Nothing has run yet.";
}

const MOST_COMING = 5;

function Coming({ state: { known, now } }: { state: State }) {
  const page = answerOf<ShownSchedules>("schedules");
  if (!page) return <Absent known={known.schedules} what="schedules" />;
  const next = page.schedules
    .flatMap(({ name, next_runs }) => next_runs.slice(0, 1).map((at) => ({ name, at })))
    .sort((a, b) => a.at.localeCompare(b.at))
    .slice(0, MOST_COMING);
  if (next.length === 0) return <p class="empty">No runs planned.</p>;
  return (
    <ul class="lines">
      {next.map(({ name, at }) => (
        <li>
          <Link to={{ view: "schedules", query: {} }} class="grow cut">
            {name}
          </Link>
          <span class="soft">
            <Age at={at} now={now} />
          </span>
        </li>
      ))}
    </ul>
  );
}
