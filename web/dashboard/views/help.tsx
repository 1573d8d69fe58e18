import { Dialog } from "../parts/dialog.tsx";
import { set } from "../store.ts";

const KEYS: [string, string][] = [
  ["j  k", "next or previous job (opens it if a job is open)"],
  ["Enter", "open the job that has the focus"],
  ["Esc", "close what is open"],
  ["/", "find a job by its id"],
  ["1 2 3 4", "overview, jobs, failures, schedules"],
  ["n", "a new job"],
  ["?", "show these keys"],
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
