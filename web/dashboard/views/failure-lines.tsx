import { Link } from "../parts/link.tsx";
import { Age } from "../parts/moment.tsx";
import { Absent } from "../parts/notice.tsx";
import { type ViewPlace, withQuery } from "../place.ts";
import type { ShownFailures } from "../shapes.ts";
import type { Known } from "../store.ts";

interface Props {
  known: Known | undefined;
  failures: ShownFailures | undefined;
  place: ViewPlace;
  now: number;
}

const MOST = 5;

/** The most frequent failures in a few lines, each with a sample. */
export function FailureLines({ known, failures, place, now }: Props) {
  if (!failures) return <Absent known={known} what="failures" />;
  if (failures.groups.length === 0) return <p class="empty">No job has failed for good.</p>;
  const most = failures.groups.toSorted((a, b) => b.count - a.count).slice(0, MOST);
  return (
    <ul class="lines">
      {most.map(({ task, error, fingerprint, count, last_at, sample_job_id }) => (
        <li key={`${task} ${fingerprint}`}>
          <b class="number">{count.toLocaleString("en")}</b>
          <Link to={withQuery(place, { job: sample_job_id })} class="grow two-lines">
            <b>{task}</b> {error}
          </Link>
          <span class="soft">
            <Age at={last_at} now={now} />
          </span>
        </li>
      ))}
    </ul>
  );
}
