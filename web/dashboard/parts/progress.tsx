import { type Bulk, stopMany } from "../bulk.ts";

/** How far the change of many jobs is, with a button that stops it. */
export function BulkProgress({ bulk }: { bulk: Bulk }) {
  const { verb, what, of, done, skipped, mode, fault } = bulk;
  const doing = verb === "retry" ? "Retrying" : "Deleting";
  const did = verb === "retry" ? "Retried" : "Deleted";
  const count = `${done.toLocaleString("en")} of ${what}`;
  return (
    <div id="bulk" class="toast" role="status">
      <span>
        {mode === "ended" ? `${did} ${count}.` : `${doing} ${count} …`}
        {skipped > 0 && ` ${skipped.toLocaleString("en")} left as they are: they have changed meanwhile.`}
        {fault && <span class="bad"> {fault}</span>}
      </span>
      {mode !== "ended" && <progress max={of} value={done + skipped} aria-label="Progress" />}
      <button type="button" onClick={stopMany} disabled={mode === "stopping"}>
        {mode === "ended" ? "Close" : "Stop"}
      </button>
    </div>
  );
}
