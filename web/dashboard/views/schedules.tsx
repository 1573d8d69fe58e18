import { schedulesPath } from "../needs.ts";
import { Absent } from "../parts/notice.tsx";
import { withQuery } from "../place.ts";
import { go } from "../router.ts";
import type { ShownSchedules } from "../shapes.ts";
import { answerOf, countsNow, type State } from "../store.ts";
import { zoneHere } from "../time.ts";
import { PauseButtons } from "./paused.tsx";
import { ScheduleRow } from "./schedule-row.tsx";

/** What runs by the clock, and what is paused. */
export function Schedules({ state }: { state: State }) {
  const { place, known, may, now } = state;
  const path = schedulesPath(place.query);
  const page = answerOf<ShownSchedules>(path);
  const stats = countsNow();
  return (
    <section aria-labelledby="view-title">
      <div class="row-head">
        <h2 id="view-title" tabIndex={-1}>
          Schedules
        </h2>
        {may.has("admin") && stats && <PauseButtons stats={stats} />}
      </div>
      <p id="zone" class="soft scope">
        Times are shown in your time zone, {zoneHere()}. A rule has the time zone that is named beside it.
      </p>
      {!page ? (
        <Absent known={known[path]} what="schedules" />
      ) : page.schedules.length === 0 ? (
        <p class="empty">No schedules yet. They are declared in code, or made with PUT /schedules/{"{name}"}.</p>
      ) : (
        <ul class="groups" aria-describedby="zone">
          {page.schedules.map((each) => (
            <ScheduleRow key={each.name} schedule={each} place={place} now={now} may={may} />
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
