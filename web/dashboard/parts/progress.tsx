import { stopMany } from "../bulk.ts";
import { type Bulk, bulkInWords } from "../bulk-words.ts";

/** How far the change of many jobs is, with a button that stops it. */
export function BulkProgress({ bulk }: { bulk: Bulk }) {
  const { of, done, skipped, mode, fault } = bulk;
  return (
    <div id="bulk" class="toast" role="status">
      <span>
        {bulkInWords(bulk)}
        {skipped > 0 && ` ${skipped.toLocaleString("en")} left as they are: they have changed meanwhile.`}
        {fault && <span class="bad"> {fault}</span>}
      </span>
      {mode !== "ended" && of !== undefined && <progress max={of} value={done + skipped} aria-label="Progress" />}
      <button type="button" onClick={stopMany} disabled={mode === "stopping"}>
        {mode === "ended" ? "Close" : "Stop"}
      </button>
    </div>
  );
}
