import { useState } from "preact/hooks";
import { key, Refused, send } from "../api.ts";
import { curlOf } from "../curl.ts";
import { write } from "../exact.ts";
import { isFinished, stateOf } from "../job-state.ts";
import { Copy } from "../parts/copy.tsx";
import { ProblemWords } from "../parts/notice.tsx";
import { Sure } from "../parts/sure.tsx";
import { withQuery } from "../place.ts";
import { go, here } from "../router.ts";
import type { ApiProblem, Job, KeyScope } from "../shapes.ts";
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
  const [fault, setFault] = useState<ApiProblem>();
  const [isBusy, setBusy] = useState(false);
  const state = stateOf(job, now);
  const id = job.job_id;

  function refused(error: unknown) {
    if (!(error instanceof Refused)) throw error;
    setFault(error.problem);
  }
  async function change(verb: "retry" | "run" | "cancel", said: string) {
    setBusy(true);
    setFault(undefined);
    try {
      await act("POST", `${verb}-job/${id}`, said);
    } catch (error) {
      refused(error);
    } finally {
      setBusy(false);
    }
  }
  /** Closes the job when it is gone: to ask for it again would be asking for what does not exist. */
  async function remove() {
    setBusy(true);
    try {
      await send("DELETE", `jobs/${id}`);
      go(withQuery(here(), { job: undefined }), { replace: true });
      set({ said: "The job is deleted." });
      await refresh("changed");
    } catch (error) {
      refused(error);
    } finally {
      setBusy(false);
    }
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
                onClick={() => void change("retry", "The job will run again.")}
              >
                Retry
              </button>
            )}
            {isHeld && (
              <button
                type="button"
                class="primary"
                disabled={isBusy}
                onClick={() => void change("run", "The job is next.")}
              >
                Run now
              </button>
            )}
            {!isFinished(job) && (
              <button
                type="button"
                class="danger"
                disabled={isBusy}
                onClick={() => void change("cancel", "The job is cancelled.")}
              >
                Cancel
              </button>
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
          <Sure sure="Delete it" onSure={() => void remove()}>
            Delete
          </Sure>
        )}
      </div>
      {fault && (
        <p class="fault" role="alert">
          <ProblemWords problem={fault} />
        </p>
      )}
    </>
  );
}
