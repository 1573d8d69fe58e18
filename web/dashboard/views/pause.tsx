import { useState } from "preact/hooks";
import { Refusal, useAction } from "../parts/action.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { act, type State, set, type Dialog as Wanted } from "../store.ts";
import { TaskInput } from "./field-input.tsx";

interface Props {
  state: State;
  given: Wanted & { name: "pause" };
}

const HOUR_MS = 3_600_000;
const LENGTHS: [string, number | undefined][] = [
  ["until somebody resumes it", undefined],
  ["15 minutes", HOUR_MS / 4],
  ["an hour", HOUR_MS],
  ["a day", 24 * HOUR_MS],
];

/** The form that pauses the queue, a task or a schedule. */
export function Pause({ state: { tasks }, given: { what, body } }: Props) {
  const [task, setTask] = useState(body.task || (tasks?.keys().next().value ?? ""));
  const [length, setLength] = useState(0);
  const [instant, setInstant] = useState("");
  const { fault, isBusy, run } = useAction();
  const isTask = body.task !== undefined;

  async function pause(event: SubmitEvent) {
    event.preventDefault();
    const ms = LENGTHS[length]?.[1];
    const until = instant !== "" ? new Date(instant) : ms === undefined ? undefined : new Date(Date.now() + ms);
    const wanted = { ...(isTask ? { task } : body), ...(until ? { until: until.toISOString() } : {}) };
    const isDone = await run(() => act("POST", "pause", `${isTask ? task : what} is paused.`, wanted));
    if (isDone) set({ dialog: undefined });
  }
  return (
    <Dialog id="pause" title={`Pause ${what}`}>
      <form onSubmit={(event) => void pause(event)}>
        {isTask && <TaskInput tasks={tasks} task={task} onTask={setTask} />}
        <div class="fields two">
          <label>
            For
            <select value={length} onChange={(event) => setLength(Number(event.currentTarget.value))}>
              {LENGTHS.map(([words], i) => (
                <option value={i}>{words}</option>
              ))}
            </select>
          </label>
          <label>
            Or until
            <input type="datetime-local" value={instant} onInput={(event) => setInstant(event.currentTarget.value)} />
          </label>
        </div>
        <p class="hint">
          {body.schedule === undefined
            ? "Running jobs finish. New jobs wait."
            : "The schedule makes no jobs until then."}
        </p>
        <Refusal fault={fault} />
        <div class="actions end">
          <button type="button" class="quiet" onClick={() => set({ dialog: undefined })}>
            Close
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            Pause
          </button>
        </div>
      </form>
    </Dialog>
  );
}
