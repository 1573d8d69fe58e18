import { attemptsOf, changedAt, stateOf } from "../job-state.ts";
import { Link } from "../parts/link.tsx";
import { Mark } from "../parts/mark.tsx";
import { Age } from "../parts/moment.tsx";
import { type ViewPlace, withQuery } from "../place.ts";
import { go } from "../router.ts";
import type { Job } from "../shapes.ts";

interface Props {
  job: Job;
  place: ViewPlace;
  now: number;
  /** Absent for a reader who may not change jobs. */
  choice: { isChosen: boolean; choose: (ids: readonly string[], isChosen: boolean) => void } | undefined;
}

/** A job in the list. */
export function JobRow({ job, place, now, choice }: Props) {
  const id = job.job_id;
  const isOpen = place.query.job === id;
  const to = withQuery(place, { job: id });
  return (
    <tr aria-current={isOpen ? "true" : undefined} onClick={() => go(to)}>
      {choice && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: only keeps a click on the box from opening the job
        <td class="choose" onClick={(event) => event.stopPropagation()}>
          <input
            type="checkbox"
            aria-label={`Choose job ${id.slice(0, 8)}`}
            checked={choice.isChosen}
            onChange={(event) => choice.choose([id], event.currentTarget.checked)}
          />
        </td>
      )}
      <td class="in-state">
        <Mark of={stateOf(job, now)} />
      </td>
      <td class="task">
        {job.task}
        {job.priority !== "normal" && <span class="tag">{job.priority}</span>}
      </td>
      <td class="of-job">
        <Link to={to} class="id" title={id} data-job={id}>
          {id.slice(0, 8)}
        </Link>
      </td>
      <td class="says">
        <Says job={job} />
      </td>
      <td class="number tries">
        {attemptsOf(job)} of {job.max_retries + 1}
      </td>
      <td class="number soft when">
        <Age at={changedAt(job, now)} now={now} />
      </td>
    </tr>
  );
}

/** What a job says of itself: how far it is, or the first line of its error. */
function Says({ job: { status, progress, note, error, unreadable, unknown_since, expired } }: { job: Job }) {
  if (unreadable) return <span class="bad">unreadable: {unreadable.join(", ")}</span>;
  if (status === "processing" && (progress !== undefined || note !== undefined)) {
    return (
      <>
        {progress !== undefined && (
          <progress max={100} value={progress} aria-label={`${Math.round(progress)} percent`} />
        )}{" "}
        {note}
      </>
    );
  }
  if (expired) return <span class="soft">expired</span>;
  if (unknown_since !== undefined) return <span class="soft">no worker knows this task</span>;
  if (error === undefined || status === "completed") return null;
  return <span class={status === "failed" ? "bad" : "soft"}>{error.split("\n", 1)[0]}</span>;
}
