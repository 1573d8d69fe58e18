import { changeMany, isChanging } from "../bulk.ts";
import { groupInWords, jobsInWords } from "../bulk-words.ts";
import { failuresPath } from "../needs.ts";
import { Link } from "../parts/link.tsx";
import { Age } from "../parts/moment.tsx";
import { Absent } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { type ViewPlace, withQuery } from "../place.ts";
import { go } from "../router.ts";
import type { ShownFailures as Found, ShownGroup } from "../shapes.ts";
import { answerOf, type State } from "../store.ts";
import { midnight, toTheSecond } from "../time.ts";

/** What failed for good, grouped by task and by what the errors say. */
export function Failures({ state }: { state: State }) {
  const { place, known, may, now } = state;
  const path = failuresPath(place.query);
  const found = answerOf<Found>(path);
  return (
    <section aria-labelledby="view-title">
      <div class="row-head">
        <h2 id="view-title" tabIndex={-1}>
          Failures
        </h2>
        {place.query.task !== undefined && (
          <Link to={withQuery(place, { task: undefined })}>Failures of all tasks</Link>
        )}
        <Since place={place} now={now} />
      </div>
      {found && <p class="soft scope">{scopeOf(found, place.query)}</p>}
      {!found ? (
        <Absent known={known[path]} what="failures" />
      ) : found.groups.length === 0 ? (
        <p class="empty">No job has failed for good{place.query.since === undefined ? "" : " since then"}.</p>
      ) : (
        <>
          <ByTask groups={found.groups} place={place} />
          <ul class="groups">
            {found.groups.map((group) => (
              <Group
                key={`${group.task} ${group.fingerprint}`}
                group={group}
                place={place}
                now={now}
                mayChange={may.has("admin")}
                isChanging={isChanging(state)}
                hasMore={found.more}
              />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function scopeOf({ groups, more }: Found, { since, task }: ViewPlace["query"]): string {
  const count = groups.reduce((sum, each) => sum + each.count, 0);
  const jobs = `${jobsInWords(count)}${task === undefined ? "" : ` of ${task}`}`;
  const when = since === undefined ? "" : ` since ${toTheSecond(since)}`;
  return more
    ? `The newest ${jobs}${when}; there are others.`
    : `All ${jobs} that failed for good${when} and are kept.`;
}

/** The instants from which failures are counted: they are in the URL as they were when they were chosen. */
function Since({ place, now }: { place: ViewPlace; now: number }) {
  const today = midnight(now);
  const choices: [string, number | undefined][] = [
    ["any time", undefined],
    ["today", today],
    ["the last hour", Math.floor(now / 60_000) * 60_000 - 3_600_000],
    ["the last 7 days", today - 7 * 86_400_000],
  ];
  const { since } = place.query;
  const written = (at: number | undefined) => (at === undefined ? "" : new Date(at).toISOString());
  const isListed = choices.some(([, at]) => written(at) === (since ?? ""));
  return (
    <label class="soft small">
      Since{" "}
      <select
        id="since"
        value={since ?? ""}
        onChange={(event) => go(withQuery(place, { since: event.currentTarget.value }))}
      >
        {choices.map(([words, at]) => (
          <option value={written(at)}>{words}</option>
        ))}
        {!isListed && <option value={since}>{toTheSecond(since ?? "")}</option>}
      </select>
    </label>
  );
}

/** How often each task failed: the answer to "which task fails most". */
function ByTask({ groups, place }: { groups: readonly ShownGroup[]; place: ViewPlace }) {
  const sums = new Map<string, number>();
  for (const { task, count } of groups) sums.set(task, (sums.get(task) ?? 0) + count);
  const most = [...sums].sort(([, a], [, b]) => b - a);
  if (most.length < 2) return null;
  return (
    <p class="by-task">
      By task:{" "}
      {most.map(([task, count], i) => (
        <>
          {i > 0 && " · "}
          <Link to={withQuery(place, { task })}>{task}</Link> {count.toLocaleString("en")}
        </>
      ))}
    </p>
  );
}

interface GroupProps {
  group: ShownGroup;
  place: ViewPlace;
  now: number;
  mayChange: boolean;
  isChanging: boolean;
  /** There are failures that are not counted. */
  hasMore: boolean;
}

function Group({ group, place, now, mayChange, isChanging, hasMore }: GroupProps) {
  const { task, error, fingerprint, count, first_at, last_at, sample_job_id } = group;
  const { since } = place.query;
  const all = groupInWords(count, hasMore);
  const change = (verb: "retry" | "delete") => {
    const what = `${count === 1 && !hasMore ? "job" : "jobs"} of ${task}`;
    void changeMany(verb, what, hasMore ? undefined : count, { status: "failed", task, fingerprint, since });
  };
  return (
    <li class="group">
      <div class="group-head">
        <b class="count">{count.toLocaleString("en")}</b>
        <span class="task">{task}</span>
        <span class="soft small">
          last <Age at={last_at} now={now} /> · first <Age at={first_at} now={now} />
        </span>
      </div>
      <p class="bad message">{error}</p>
      <div class="actions start">
        <Link to={withQuery(place, { job: sample_job_id })}>See one</Link>
        <Link to={{ view: "jobs", query: { status: "failed", task } }}>All failed jobs of {task}</Link>
        {mayChange && (
          <>
            <Sure sure={`Retry ${all}`} look="" disabled={isChanging} onSure={() => change("retry")}>
              Retry …
            </Sure>
            <Sure sure={`Delete ${all}`} disabled={isChanging} onSure={() => change("delete")}>
              Delete …
            </Sure>
          </>
        )}
      </div>
    </li>
  );
}
