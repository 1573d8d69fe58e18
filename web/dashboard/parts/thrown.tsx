import type { ShownError } from "../shapes.ts";

/** A chain of causes may be long, and may even lead back to its beginning. */
const MOST_CAUSES = 20;

interface Props {
  error: ShownError;
  label?: string;
  depth?: number;
}

/** A whole error: its message, its stack, and below it what caused it. */
export function Thrown({ error, label, depth = 0 }: Props) {
  const { name, message, code, stack, cause, errors = [] } = error;
  return (
    <div class="thrown">
      <p class="message">
        {label && <span class="soft">{label} </span>}
        <strong>{name}</strong>: {message} {code && <span class="code">{code}</span>}
      </p>
      {stack && <pre class="stack">{stack}</pre>}
      {depth < MOST_CAUSES && cause && <Thrown error={cause} label="caused by" depth={depth + 1} />}
      {depth < MOST_CAUSES && errors.map((each) => <Thrown error={each} label="one of them:" depth={depth + 1} />)}
    </div>
  );
}
