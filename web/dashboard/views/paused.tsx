import { Refusal, useAction } from "../parts/action.tsx";
import type { ShownCounts } from "../shapes.ts";
import { act, type State, set } from "../store.ts";
import { toTheSecond } from "../time.ts";

/** What is paused, with a button to let it go on. Nothing where nothing is. */
export function PausedThings({ stats, state: { may } }: { stats: ShownCounts; state: State }) {
  const { fault, isBusy, run } = useAction();
  const all = [
    ...(stats.paused ? [{ what: "The queue", ...stats.paused, parked: 0, resuming: false, body: {} }] : []),
    ...stats.paused_tasks.map((each) => ({ what: each.task, ...each, body: { task: each.task } })),
  ];
  if (all.length === 0) return null;
  return (
    <>
      <ul class="lines paused-things">
        {all.map(({ what, since, until, parked, resuming, body }) => (
          <li key={what}>
            <span class="grow">
              <b>{what}</b>{" "}
              {resuming ? "goes on" : `is paused${until === undefined ? "" : ` until ${toTheSecond(until)}`}`}
              {parked > 0 && `: ${parked.toLocaleString("en")} jobs wait`}
              {!resuming && <span class="soft"> · since {toTheSecond(since)}</span>}
            </span>
            {may.has("admin") && !resuming && (
              <button
                type="button"
                disabled={isBusy}
                onClick={() => void run(() => act("POST", "resume", `${what} goes on.`, body))}
              >
                Resume
              </button>
            )}
          </li>
        ))}
      </ul>
      <Refusal fault={fault} />
    </>
  );
}

/** The buttons that pause the queue, or one of its tasks. */
export function PauseButtons({ stats }: { stats: ShownCounts }) {
  return (
    <span class="actions">
      {!stats.paused && (
        <button type="button" onClick={() => set({ dialog: { name: "pause", what: "the queue", body: {} } })}>
          Pause the queue …
        </button>
      )}
      <button type="button" onClick={() => set({ dialog: { name: "pause", what: "a task", body: { task: "" } } })}>
        Pause a task …
      </button>
    </span>
  );
}
