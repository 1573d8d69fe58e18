import { type Segment, segmentsOf } from "../segments.ts";
import type { Job, ShownAttempt } from "../shapes.ts";
import { duration, exactly } from "../time.ts";
import { Mark } from "./mark.tsx";
import { Thrown } from "./thrown.tsx";

interface Props {
  job: Job;
  now: number;
}

const WORDS: Record<Segment["kind"], string> = {
  waited: "waited for a worker",
  ran: "ran",
  backoff: "held back before the retry",
  scheduled: "not due yet",
  ended: "ended, until it was retried",
  unknown: "attempts that are no longer kept",
};

/** A job's life as a bar to scale, then line by line: waited, ran, held back; with each attempt's error. */
export function Timeline({ job, now }: Props) {
  const segments = segmentsOf(job, now);
  const first = segments[0];
  const last = segments.at(-1);
  if (!first || !last) return null;
  const whole = Math.max(1, last.to - first.from);
  return (
    <section class="part">
      <h3>Timeline</h3>
      <div class="lane" aria-hidden="true">
        {segments.map((each) => (
          <span
            class={`segment ${each.kind} ${each.outcome ?? ""}`}
            style={{ flexGrow: String(Math.max(0.015, (each.to - each.from) / whole)) }}
            title={`${WORDS[each.kind]} ${duration(each.to - each.from)}`}
          />
        ))}
      </div>
      <ol class="steps">
        {segments.map((each) => (
          <Step key={`${each.kind}${each.from}`} segment={each} />
        ))}
      </ol>
    </section>
  );
}

/** The shortest wait that has a line of its own, in ms. */
const WORTH_TELLING_MS = 1;

function Step({ segment: { kind, from, to, attempt, outcome, past } }: { segment: Segment }) {
  const tookMs = to - from;
  if (kind !== "ran") {
    if (tookMs < WORTH_TELLING_MS) return null;
    return (
      <li class={`step ${kind}`}>
        <span class="soft">
          {WORDS[kind]} <b>{duration(tookMs)}</b>
        </span>
      </li>
    );
  }
  return (
    <li class={`step ran ${outcome}`}>
      <div class="line">
        <span>#{attempt}</span>
        <Mark of={outcome ?? "ran"} />
        <span>
          {outcome === "running" ? "for" : "ran"} <b>{duration(tookMs)}</b>
        </span>
        <time class="soft" dateTime={new Date(from).toISOString()}>
          {exactly(new Date(from).toISOString())}
        </time>
      </div>
      {past?.worker && <div class="soft small">on {past.worker}</div>}
      {past && <Failure attempt={past} />}
    </li>
  );
}

function Failure({ attempt: { error, message, detail } }: { attempt: ShownAttempt }) {
  if (detail) return <Thrown error={detail} />;
  return error === undefined ? null : <Thrown error={{ name: error, message: message ?? "" }} />;
}
