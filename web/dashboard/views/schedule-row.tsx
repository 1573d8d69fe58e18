import { send } from "../api.ts";
import { Refusal, useAction } from "../parts/action.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Sure } from "../parts/sure.tsx";
import { type ViewPlace, withQuery } from "../place.ts";
import { go } from "../router.ts";
import type { KeyScope, ShownSchedule } from "../shapes.ts";
import { act, refresh, set } from "../store.ts";
import { type ShownSubmit, submitInWords } from "../submitted.ts";
import { duration, toTheSecond } from "../time.ts";

interface Props {
  schedule: ShownSchedule;
  place: ViewPlace;
  now: number;
  may: ReadonlySet<KeyScope>;
}

/** A schedule: when it runs, when it ran, and what can be done with it. */
export function ScheduleRow({ schedule, place, now, may }: Props) {
  const { name, task, time_zone, source, paused, paused_until, unreadable } = schedule;
  const until = paused_until === undefined ? "" : ` until ${toTheSecond(paused_until)}`;
  return (
    <li class="group">
      <div class="group-head">
        <b class="grow">{name}</b>
        {paused && <span class="mark paused">paused{until}</span>}
        <span class="soft small">{source === "code" ? "declared in code" : "made at run time"}</span>
      </div>
      {unreadable && <p class="bad">It cannot be read: delete it, or make it again.</p>}
      <p>
        <code>{rhythm(schedule)}</code> {schedule.cron !== undefined && <span class="soft">{time_zone}</span>} → {task}
      </p>
      <Runs schedule={schedule} place={place} now={now} />
      {may.has("admin") && <ScheduleActions schedule={schedule} place={place} />}
    </li>
  );
}

function rhythm({ cron, every_seconds }: ShownSchedule): string {
  return cron ?? `every ${duration((every_seconds ?? 0) * 1_000)}`;
}

function Runs({ schedule: { next_runs, last_run }, place, now }: Omit<Props, "may">) {
  const [next, ...later] = next_runs;
  return (
    <dl class="facts">
      <dt>Next</dt>
      <dd>
        {next === undefined ? "–" : <Moment at={next} now={now} isSlot />}
        {later.map((at) => (
          <div class="soft">{toTheSecond(at)}</div>
        ))}
      </dd>
      <dt>Last slot</dt>
      <dd>
        {last_run === undefined ? (
          "none yet"
        ) : (
          <>
            <Moment at={last_run.slot} now={now} isSlot />{" "}
            <Link to={withQuery(place, { job: last_run.job_id })}>open its job</Link>
          </>
        )}
      </dd>
    </dl>
  );
}

function ScheduleActions({ schedule: { name, paused, source }, place }: Omit<Props, "now" | "may">) {
  const { fault, isBusy, run } = useAction();
  const path = `schedules/${encodeURIComponent(name)}`;
  async function runNow() {
    const submitted = await send<ShownSubmit>("POST", `${path}/run`);
    set({ said: submitInWords(submitted, `A job of ${name} is submitted.`) });
    go(withQuery(place, { job: submitted.job_id }));
    void refresh("changed");
  }
  const pause = () => set({ dialog: { name: "pause", what: name, body: { schedule: name } } });
  const resume = () => act("POST", "resume", `${name} goes on.`, { schedule: name });
  const remove = () => act("DELETE", path, `${name} is deleted.`);
  return (
    <>
      <div class="actions start">
        <button type="button" disabled={isBusy} onClick={({ detail }) => detail <= 1 && void run(runNow)}>
          Run now
        </button>
        {paused ? (
          <button type="button" disabled={isBusy} onClick={() => void run(resume)}>
            Resume
          </button>
        ) : (
          <button type="button" onClick={pause}>
            Pause …
          </button>
        )}
        {source === "api" && (
          <Sure sure="Delete the schedule" disabled={isBusy} onSure={() => void run(remove)}>
            Delete …
          </Sure>
        )}
      </div>
      <Refusal fault={fault} />
    </>
  );
}
