import { useState } from "preact/hooks";
import { Refused } from "../api.ts";
import { schedulesPath } from "../needs.ts";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Absent, ProblemWords } from "../parts/notice.tsx";
import { type ViewPlace, withQuery } from "../place.ts";
import { go } from "../router.ts";
import type { ApiProblem, ShownSchedule, ShownSchedules } from "../shapes.ts";
import { act, answerOf, countsNow, type State, set } from "../store.ts";
import { duration, toTheSecond } from "../time.ts";
import { PauseButtons, PausedThings } from "./paused.tsx";

/** What runs by the clock, and what is paused. */
export function Schedules({ state }: { state: State }) {
  const { place, known, may, now } = state;
  const path = schedulesPath(place.query);
  const page = answerOf<ShownSchedules>(path);
  const stats = countsNow();
  return (
    <section aria-labelledby="view-title">
      <div class="row-head">
        <h2 id="view-title">Schedules</h2>
        {may.has("admin") && stats && <PauseButtons stats={stats} />}
      </div>
      {stats && <PausedThings stats={stats} state={state} />}
      {!page ? (
        <Absent known={known[path]} what="schedules" />
      ) : page.schedules.length === 0 ? (
        <p class="empty">No schedules yet. They are declared in code, or put with PUT /schedules/{"{name}"}.</p>
      ) : (
        <ul class="groups">
          {page.schedules.map((each) => (
            <Row
              key={each.name}
              schedule={each}
              place={place}
              now={now}
              mayChange={may.has("admin")}
              maySubmit={may.has("submit")}
            />
          ))}
        </ul>
      )}
      {page?.next_cursor !== undefined && (
        <div class="pager">
          <button type="button" onClick={() => go(withQuery(place, { cursor: page.next_cursor }))}>
            More
          </button>
        </div>
      )}
    </section>
  );
}

interface Props {
  schedule: ShownSchedule;
  place: ViewPlace;
  now: number;
  mayChange: boolean;
  maySubmit: boolean;
}

function Row({ schedule, place, now, mayChange, maySubmit }: Props) {
  const { name, task, time_zone, next_runs, last_run, source } = schedule;
  const [fault, setFault] = useState<ApiProblem>();
  const path = encodeURIComponent(name);
  const isPaused = Boolean(schedule.paused);
  async function send(call: () => Promise<unknown>) {
    setFault(undefined);
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setFault(error.problem);
      return undefined;
    }
  }
  async function run() {
    const answer = await send(() => act("POST", `schedules/${path}/run`, `A job of ${name} is submitted.`));
    const id = (answer as { job_id?: string } | undefined)?.job_id;
    if (id !== undefined) go(withQuery(place, { job: id }));
  }
  return (
    <li class="group">
      <div class="group-head">
        <b class="grow">{name}</b>
        {isPaused && <span class="mark paused">paused{untilWords(schedule.paused)}</span>}
        <span class="soft small">{source === "code" ? "declared in code" : "put by the API"}</span>
      </div>
      <p>
        <code>{rhythm(schedule)}</code> {schedule.cron !== undefined && <span class="soft">{time_zone}</span>} → {task}
      </p>
      <dl class="facts">
        <dt>Next</dt>
        <dd>
          {next_runs.length === 0
            ? "–"
            : next_runs.map((at, i) =>
                i === 0 ? <Moment at={at} now={now} isSlot /> : <div class="soft">{toTheSecond(at)}</div>,
              )}
        </dd>
        <dt>Last</dt>
        <dd>
          {last_run ? (
            <>
              <Moment at={last_run.slot} now={now} isSlot />{" "}
              <Link to={withQuery(place, { job: last_run.job_id })}>its job</Link>
            </>
          ) : (
            "never"
          )}
        </dd>
      </dl>
      <div class="actions start">
        {maySubmit && (
          <button type="button" onClick={() => void run()}>
            Run now
          </button>
        )}
        {mayChange && !isPaused && (
          <button
            type="button"
            onClick={() => set({ dialog: { name: "pause", what: name, body: { schedule: name } } })}
          >
            Pause …
          </button>
        )}
        {mayChange && isPaused && (
          <button
            type="button"
            onClick={() => void send(() => act("POST", "resume", `${name} goes on.`, { schedule: name }))}
          >
            Resume
          </button>
        )}
      </div>
      {fault && (
        <p class="fault" role="alert">
          <ProblemWords problem={fault} />
        </p>
      )}
    </li>
  );
}

function rhythm({ cron, every_seconds }: ShownSchedule): string {
  return cron ?? `every ${duration((every_seconds ?? 0) * 1_000)}`;
}

function untilWords(paused: ShownSchedule["paused"]): string {
  const until = typeof paused === "string" ? paused : typeof paused === "object" ? paused.until : undefined;
  return until === undefined ? "" : ` until ${toTheSecond(until)}`;
}
