import { useRef, useState } from "preact/hooks";
import { changeMany, isChanging } from "../bulk.ts";
import { countOf, isFinished, STATES, stated } from "../job-state.ts";
import { jobPath, jobsPath } from "../needs.ts";
import { Link } from "../parts/link.tsx";
import { Absent } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { withQuery } from "../place.ts";
import { go, here, trail } from "../router.ts";
import type { Job, ShownJobs } from "../shapes.ts";
import { answerOf, countsNow, type State } from "../store.ts";
import { Filters } from "./filters.tsx";
import { JobRow } from "./job-row.tsx";

/** The list of jobs: newest change first, by state, task, priority and the beginning of the id. */
export function Jobs({ state }: { state: State }) {
  const { place, known, may, now } = state;
  const path = jobsPath(place.query);
  const answer = answerOf<ShownJobs>(path);
  // While another page loads, the one before stays, dimmed.
  const before = useRef<ShownJobs>(undefined);
  if (answer) before.current = answer;
  const page = answer ?? (known[path]?.problem ? undefined : before.current);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const mayChange = may.has("admin");
  const jobs = (page?.jobs ?? []).map((job) => newest(job, now));
  const selected = jobs.filter(({ job_id }) => chosen.has(job_id));
  const choose = (ids: readonly string[], isChosen: boolean) =>
    setChosen(new Set(isChosen ? [...chosen, ...ids] : [...chosen].filter((id) => !ids.includes(id))));
  return (
    <section class="jobs" aria-labelledby="view-title">
      <h2 id="view-title" tabIndex={-1} class="unseen">
        Jobs
      </h2>
      <States state={state} />
      <Filters state={state} />
      {selected.length > 0 && mayChange && (
        <Selection jobs={selected} isChanging={isChanging(state)} onDone={() => setChosen(new Set())} />
      )}
      {page === undefined ? (
        <Absent known={known[path]} what="jobs" />
      ) : jobs.length === 0 ? (
        <p class="empty">
          {page.next_cursor ? "No such jobs on this page. Older pages may have some." : "No jobs here."}
        </p>
      ) : (
        <div class="table" aria-busy={answer === undefined ? true : undefined}>
          <table class="list">
            <thead>
              <tr>
                {mayChange && (
                  <th class="choose">
                    <input
                      type="checkbox"
                      aria-label="Choose all jobs on this page"
                      checked={selected.length === jobs.length}
                      onChange={(event) =>
                        choose(
                          jobs.map(({ job_id }) => job_id),
                          event.currentTarget.checked,
                        )
                      }
                    />
                  </th>
                )}
                <th scope="col">State</th>
                <th scope="col">Task</th>
                <th scope="col">Job</th>
                <th scope="col">What it says</th>
                <th scope="col" class="number">
                  Attempts
                </th>
                <th scope="col" class="number">
                  {place.query.status === "scheduled" ? "Runs" : "When"}
                </th>
              </tr>
            </thead>
            <tbody id="rows">
              {jobs.map((job) => (
                <JobRow
                  key={job.job_id}
                  job={job}
                  place={place}
                  now={now}
                  choice={mayChange ? { isChosen: chosen.has(job.job_id), choose } : undefined}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager state={state} next={answer?.next_cursor} />
    </section>
  );
}

/** Returns a job as the open one shows it, if that is it: they never contradict each other. */
function newest(job: Job, now: number): Job {
  const open = answerOf<Job>(jobPath(job.job_id));
  return open && job.job_id === here().query.job ? stated(open, job, countsNow(now), now) : job;
}

/** The states with their counts: each is a filter. */
function States({ state: { place } }: { state: State }) {
  const stats = countsNow();
  const { status } = place.query;
  const to = (wanted: string | undefined) => ({
    view: "jobs" as const,
    query: withQuery(place, { status: wanted, cursor: undefined }).query,
  });
  return (
    <nav class="states" aria-label="States">
      <Link to={to(undefined)} class="state-filter" aria-current={status === undefined ? "true" : undefined}>
        all
      </Link>
      {STATES.map((each) => {
        const count = stats && countOf(each, stats);
        if (each === "paused" && status !== each && !count) return null;
        return (
          <Link to={to(each)} class={`state-filter ${each}`} aria-current={status === each ? "true" : undefined}>
            {each} {count !== undefined && <span class="count">{count.toLocaleString("en")}</span>}
          </Link>
        );
      })}
    </nav>
  );
}

/** What can be changed together has one of these, and one request names jobs of one. */
const BULK_STATUSES = ["failed", "cancelled", "completed"] as const;

interface SelectionProps {
  jobs: readonly Job[];
  isChanging: boolean;
  onDone: () => void;
}

function Selection({ jobs, isChanging, onDone }: SelectionProps) {
  const retried = jobs.filter(({ status }) => status === "failed" || status === "cancelled");
  const deleted = jobs.filter(isFinished);
  const change = (verb: "retry" | "delete", chosen: readonly Job[]) => {
    onDone();
    const parts = BULK_STATUSES.map((status) => ({
      status,
      ids: chosen.filter((job) => job.status === status).map(({ job_id }) => job_id),
    }));
    const words = `chosen ${chosen.length === 1 ? "job" : "jobs"}`;
    void changeMany(verb, words, chosen.length, ...parts.filter(({ ids }) => ids.length > 0));
  };
  return (
    <div class="selection">
      <strong>{jobs.length} chosen</strong>
      <button type="button" disabled={isChanging || retried.length === 0} onClick={() => change("retry", retried)}>
        Retry {retried.length}
      </button>
      <Sure
        disabled={isChanging || deleted.length === 0}
        sure={`Delete ${deleted.length} jobs`}
        onSure={() => change("delete", deleted)}
      >{`Delete ${deleted.length}`}</Sure>
      <button type="button" class="quiet" onClick={onDone}>
        Choose none
      </button>
    </div>
  );
}

interface PagerProps {
  state: State;
  next: string | undefined;
}

function Pager({ state: { place }, next }: PagerProps) {
  const before = trail();
  const { cursor } = place.query;
  const turn = (to: string | undefined, left: (string | undefined)[]) =>
    go(withQuery(place, { cursor: to }), { trail: left });
  const number = cursor === undefined ? "Page 1" : before.length > 0 ? `Page ${before.length + 1}` : "An older page";
  return (
    <div class="pager">
      {cursor !== undefined && before.length === 0 && (
        <button type="button" onClick={() => turn(undefined, [])}>
          Newest
        </button>
      )}
      <button
        type="button"
        disabled={before.length === 0}
        onClick={() => turn(before.at(-1) ?? undefined, before.slice(0, -1))}
      >
        Newer
      </button>
      <span id="page">{number}</span>
      <button type="button" disabled={next === undefined} onClick={() => turn(next, [...before, cursor])}>
        Older
      </button>
    </div>
  );
}
