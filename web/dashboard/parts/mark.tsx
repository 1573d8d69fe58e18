/** A job's state or an attempt's outcome, with its colour. */
export function Mark({ of }: { of: string }) {
  return <span class={`mark ${of}`}>{of.replace("_", " ")}</span>;
}
