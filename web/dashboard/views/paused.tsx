import { useState } from "preact/hooks";
import { Refused } from "../api.ts";
import { ProblemWords } from "../parts/notice.tsx";
import type { ApiProblem, ShownCounts } from "../shapes.ts";
import { act, type State, set } from "../store.ts";
import { toTheSecond } from "../time.ts";

/** What is paused, with a button to let it go on. Nothing where nothing is. */
export function PausedThings({ stats, state: { may } }: { stats: ShownCounts; state: State }) {
  const [fault, setFault] = useState<ApiProblem>();
  const all = [
    ...(stats.paused ? [{ what: "The queue", until: stats.paused.until, parked: 0, body: {} }] : []),
    ...(stats.paused_tasks ?? []).map(({ task, until, parked }) => ({ what: task, until, parked, body: { task } })),
  ];
  if (all.length === 0) return null;
  async function resume(what: string, body: object) {
    setFault(undefined);
    try {
      await act("POST", "resume", `${what} goes on.`, body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setFault(error.problem);
    }
  }
  return (
    <ul class="lines paused-things">
      {all.map(({ what, until, parked, body }) => (
        <li key={what}>
          <span class="grow">
            <b>{what}</b> is paused{until === undefined ? "" : ` until ${toTheSecond(until)}`}
            {parked > 0 && `: ${parked.toLocaleString("en")} jobs wait`}
          </span>
          {may.has("admin") && (
            <button type="button" onClick={() => void resume(what, body)}>
              Resume
            </button>
          )}
        </li>
      ))}
      {fault && (
        <li class="fault" role="alert">
          <ProblemWords problem={fault} />
        </li>
      )}
    </ul>
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
