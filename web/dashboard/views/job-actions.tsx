import { key, send } from "../api.ts";
import { curlOf } from "../curl.ts";
import { write } from "../exact.ts";
import { focusBack } from "../focus.ts";
import { isFinished, stateOf } from "../job-state.ts";
import { Refusal, useAction } from "../parts/action.tsx";
import { Copy } from "../parts/copy.tsx";
import { Sure } from "../parts/sure.tsx";
import { withQuery } from "../place.ts";
import { go, here } from "../router.ts";
import type { Job, KeyScope } from "../shapes.ts";
import { act, refresh, set } from "../store.ts";

interface Props {
  job: Job;
  /** The job with its values as they were given. */
  exact: Job;
  may: ReadonlySet<KeyScope>;
  now: number;
}

/** What a reader can do with a job: only what its key allows and the job's state permits. */
export function JobActions({ job, exact, may, now }: Props) {
  const { fault, isBusy, run } = useAction();
  const state = stateOf(job, now);
  const id = job.job_id;

  const change = (verb: "retry" | "run" | "cancel", said: string) =>
    void run(() => act("POST", `${verb}-job/${id}`, said));
  /** Closes the job when it is gone: to ask for it again would be asking for what does not exist. */
  async function remove() {
    await send("DELETE", `jobs/${id}`);
    set({ said: "The job is deleted." });
    go(withQuery(here(), { job: undefined }), { replace: true });
    await refresh("changed");
    if (document.activeElement === document.body) focusBack(id);
  }
  const again = () => {
    const payload = "payload" in exact ? { payload: write(exact.payload, 2) } : {};
    set({ dialog: { name: "submit", task: job.task, priority: job.priority, ...payload } });
  };
  const canRetry = state === "failed" || state === "cancelled";
  const isHeld = state === "scheduled" || state === "retrying";
  return (
    <>
      <div class="actions">
        {may.has("admin") && (
          <>
            {canRetry && (
              <button
                type="button"
                class="primary"
                disabled={isBusy}
                onClick={() => change("retry", "The job will run again.")}
              >
                Retry
              </button>
            )}
            {isHeld && (
              <button
                type="button"
                class="primary"
                disabled={isBusy}
                onClick={() => change("run", "The job can run now.")}
              >
                Run now
              </button>
            )}
            {!isFinished(job) && (
              <Sure sure="Cancel it" disabled={isBusy} onSure={() => change("cancel", "The job is cancelled.")}>
                Cancel
              </Sure>
            )}
          </>
        )}
        {may.has("submit") && (
          <button type="button" onClick={again}>
            Submit again …
          </button>
        )}
        <Copy text={curlOf(job.task, exact, document.baseURI, key.get() !== "")} label="Copy as curl">
          Copy as curl
        </Copy>
        {may.has("admin") && state !== "running" && (
          <Sure sure="Delete it" disabled={isBusy} onSure={() => void run(remove)}>
            Delete
          </Sure>
        )}
      </div>
      <Refusal fault={fault} />
    </>
  );
}
