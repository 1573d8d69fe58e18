import { Dialog } from "../parts/dialog.tsx";
import { set } from "../store.ts";

const KEYS: [string, string][] = [
  ["j  k", "the next, the previous job; where one is open, open it"],
  ["Enter", "open the job that has the focus"],
  ["Esc", "close what is open"],
  ["/", "find a job by its id"],
  ["1 2 3 4", "overview, jobs, failures, schedules"],
  ["n", "a new job"],
  ["?", "this"],
];

/** The keys that do something. */
export function Help() {
  return (
    <Dialog id="help" title="Keys">
      <dl class="facts keys">
        {KEYS.map(([keys, words]) => (
          <>
            <dt>
              {keys.split(/\s+/).map((each) => (
                <kbd>{each}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </>
        ))}
      </dl>
      <div class="actions end">
        <button type="button" onClick={() => set({ dialog: undefined })}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
