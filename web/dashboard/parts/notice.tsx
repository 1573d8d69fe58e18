import type { ApiProblem } from "../shapes.ts";
import type { Known } from "../store.ts";

/** A problem in words, with a link to the page that says what to do about it. */
export function ProblemWords({ problem: { title, detail, type } }: { problem: ApiProblem }) {
  const page = /\/(problems\/\w+)$/.exec(type ?? "")?.[1];
  return (
    <>
      <strong>{title}.</strong> {detail} {page && <a href={page}>What to do</a>}
    </>
  );
}

interface Props {
  known: Known | undefined;
  /** What would be here. */
  what: string;
}

/** What a view says while it has nothing to show: it loads, or something is wrong. */
export function Absent({ known, what }: Props) {
  if (known?.problem) {
    return (
      <p class="empty">
        <ProblemWords problem={known.problem} />
      </p>
    );
  }
  return (
    <p class="empty" aria-busy="true">
      Loading {what} …
    </p>
  );
}
