import { useLayoutEffect, useRef } from "preact/hooks";
import type { Answered } from "../api.ts";
import { read, write } from "../exact.ts";
import { noteOpener } from "../focus.ts";
import { attemptsOf, stated, stateOf } from "../job-state.ts";
import { jobPath, jobsPath } from "../needs.ts";
import { Copy } from "../parts/copy.tsx";
import { Json } from "../parts/json.tsx";
import { Link } from "../parts/link.tsx";
import { Mark } from "../parts/mark.tsx";
import { Moment } from "../parts/moment.tsx";
import { Absent } from "../parts/notice.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { withQuery } from "../place.ts";
import type { Job, ShownJobs } from "../shapes.ts";
import { answerOf, countsNow, type State } from "../store.ts";
import { exactClock } from "../time.ts";
import { JobActions } from "./job-actions.tsx";

/** The open job, beside whatever view is shown. */
export function JobPanel({ state, id, onClose }: { state: State; id: string; onClose: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(noteOpener, []);
  useLayoutEffect(() => title.current?.focus({ preventScroll: true }), [id]);
  const known = state.known[jobPath(id)];
  const open = known?.got?.answer as Job | undefined;
  const job = open && stated(open, rowOf(open, state.place), countsNow(state.now), state.now);
  return (
    <aside id="job" class="panel" aria-labelledby="job-title">
      <div class="panel-head">
        <h2 id="job-title" tabIndex={-1} ref={title}>
          {job?.task ?? "Job"}
        </h2>
        {job && <Mark of={stateOf(job, state.now)} />}
        <button type="button" class="quiet" aria-label="Close the job" onClick={onClose}>
          ✕
        </button>
      </div>
      {known?.problem?.status === 404 || !job || !known?.got ? (
        <Absent known={known} what="the job" />
      ) : (
        <Body key={id} job={job} got={known.got} state={state} />
      )}
    </aside>
  );
}

/** Returns a job as the list beside the panel has it. */
function rowOf({ job_id }: Job, { view, query }: State["place"]): Job | undefined {
  const list = view === "jobs" ? answerOf<ShownJobs>(jobsPath(query)) : undefined;
  return list?.jobs.find((row) => row.job_id === job_id);
}

function Body({ job, got, state }: { job: Job; got: Answered; state: State }) {
  const exact = exactOf(got);
  const { progress, note } = job;
  return (
    <>
      <JobActions job={job} exact={exact} may={state.may} now={state.now} />
      {job.unreadable && <p class="bad">Damaged, or written by somebody else: {job.unreadable.join(", ")}.</p>}
      {job.error && job.attempts.every(({ error }) => error === undefined) && <p class="bad">{job.error}</p>}
      {(progress !== undefined || note !== undefined) && (
        <div class="going">
          {progress !== undefined && <progress max={100} value={progress} aria-label="Progress" />}
          {[progress === undefined ? "" : `${Math.round(progress)} %`, note ?? ""].filter(Boolean).join(" · ")}
        </div>
      )}
      <Timeline job={job} now={state.now} />
      {"payload" in job && <Json title="Payload" value={exact.payload} />}
      {"result" in job && <Json title="Result" value={exact.result} />}
      {job.log && <Log lines={exact.log ?? []} />}
      <Facts job={job} state={state} />
    </>
  );
}

/** Read texts, by the answer that they came with: reading a large one takes time. */
const readTexts = new WeakMap<Answered, Job>();

/** Returns a job with its values as they were given, digit by digit. */
function exactOf(got: Answered): Job {
  const known = readTexts.get(got) ?? (read(got.text) as Job);
  readTexts.set(got, known);
  return known;
}

function Log({ lines }: { lines: NonNullable<Job["log"]> }) {
  return (
    <section class="part">
      <h3>Log</h3>
      <pre class="log">
        {lines.map(({ at, message, fields }) => (
          <div>
            <span class="soft">{exactClock(at)}</span> {message} {fields && <span class="soft">{write(fields)}</span>}
          </div>
        ))}
      </pre>
    </section>
  );
}

function Facts({ job, state: { now, place } }: { job: Job; state: State }) {
  const trace = job.trace_id;
  const facts: [string, preact.ComponentChildren][] = [
    ["Job", <code class="whole">{job.job_id}</code>],
    ["Priority", job.priority],
    ["Attempts", `${attemptsOf(job)} of ${job.max_retries + 1}`],
    ["Created", <Moment at={job.created_at} now={now} />],
  ];
  if (job.run_at && job.status === "pending") facts.push(["Next run", <Moment at={job.run_at} now={now} />]);
  if (job.started_at) facts.push(["Started", <Moment at={job.started_at} now={now} />]);
  if (job.finished_at) facts.push(["Finished", <Moment at={job.finished_at} now={now} />]);
  if (job.expires_at) facts.push([job.expired ? "Expired" : "Expires", <Moment at={job.expires_at} now={now} />]);
  if (job.unknown_since) facts.push(["Unknown task since", <Moment at={job.unknown_since} now={now} />]);
  if (job.schedule) facts.push(["Schedule", <Link to={{ view: "schedules", query: {} }}>{job.schedule}</Link>]);
  if (job.slot) facts.push(["Slot", <Moment at={job.slot} now={now} />]);
  if (trace) facts.push(["Trace", <code class="whole">{trace}</code>]);
  return (
    <section class="part">
      <h3>
        Facts{" "}
        <Copy text={job.job_id} label="Copy id">
          Copy id
        </Copy>
      </h3>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <p class="small">
        <Link
          to={{ view: "jobs", query: withQuery({ ...place, query: {} }, { task: job.task, job: job.job_id }).query }}
        >
          All jobs of {job.task}
        </Link>
      </p>
    </section>
  );
}
