import { key, requestsSent } from "./api.ts";
import { closeJob } from "./keyboard.ts";
import { Link } from "./parts/link.tsx";
import { ProblemWords } from "./parts/notice.tsx";
import { BulkProgress } from "./parts/progress.tsx";
import { Said } from "./parts/said.tsx";
import { VIEWS, type View } from "./place.ts";
import { countsNow, type State, set, takeKey } from "./store.ts";
import { Failures } from "./views/failures.tsx";
import { Help } from "./views/help.tsx";
import { JobPanel } from "./views/job.tsx";
import { Jobs } from "./views/jobs.tsx";
import { KeyPrompt } from "./views/key-prompt.tsx";
import { Overview } from "./views/overview.tsx";
import { Pause } from "./views/pause.tsx";
import { PausedThings } from "./views/paused.tsx";
import { Schedules } from "./views/schedules.tsx";
import { Submit } from "./views/submit.tsx";

const SHOWN: Record<View, (props: { state: State }) => preact.JSX.Element> = {
  overview: Overview,
  jobs: Jobs,
  failures: Failures,
  schedules: Schedules,
};

/** The whole page, drawn from the state alone. */
export function App({ state }: { state: State }) {
  const { place, fault, bulk, dialog, said } = state;
  const Shown = SHOWN[place.view];
  const stats = countsNow();
  const needsKey = fault?.status === 401;
  const open = needsKey ? undefined : place.query.job;
  return (
    <>
      <Bar state={state} />
      <main class={open === undefined ? "" : "with-panel"}>
        {needsKey ? (
          <KeyPrompt problem={fault} />
        ) : (
          <div class="view">
            {fault && (
              <p class="banner" role="alert">
                <ProblemWords problem={fault} />
              </p>
            )}
            {stats && <PausedThings stats={stats} state={state} />}
            <Shown state={state} />
          </div>
        )}
        {open !== undefined && <JobPanel state={state} id={open} onClose={closeJob} />}
      </main>
      <Foot />
      {bulk && <BulkProgress bulk={bulk} />}
      <Said said={said} />
      {dialog?.name === "help" && <Help />}
      {dialog?.name === "submit" && <Submit state={state} given={dialog} />}
      {dialog?.name === "pause" && <Pause state={state} given={dialog} />}
    </>
  );
}

function Bar({ state: { place, may, fault } }: { state: State }) {
  const failed = countsNow()?.failed ?? 0;
  return (
    <header class="bar">
      <h1>
        <Link to={{ view: "overview", query: {} }}>
          <svg class="logo" viewBox="0 0 16 16" aria-hidden="true">
            <rect width="16" height="16" rx="4" />
            <path d="M3 5l2.2 6L8 6l2.8 5L13 5" />
          </svg>
          wakeq
        </Link>
      </h1>
      <nav aria-label="Views">
        {VIEWS.map((view) => (
          <Link to={{ view, query: {} }} aria-current={place.view === view ? "page" : undefined}>
            {view[0]?.toUpperCase()}
            {view.slice(1)}
            {view === "failures" && failed > 0 && <span class="badge">{failed.toLocaleString("en")}</span>}
          </Link>
        ))}
        <a href="docs">API</a>
      </nav>
      {key.get() !== "" && fault?.status !== 401 && (
        <button type="button" class="quiet" onClick={() => takeKey("")}>
          Forget the key
        </button>
      )}
      {may.has("submit") && (
        <button type="button" id="new-job" class="primary" onClick={() => set({ dialog: { name: "submit" } })}>
          New job
        </button>
      )}
    </header>
  );
}

function Foot() {
  return (
    <footer class="foot">
      <span id="cost">
        Live: asks every 2 s, for 1 to 3 Redis commands; under 60 a minute on a quiet queue, none while this tab is
        hidden. Requests so far: {requestsSent()}.
      </span>
      <button type="button" class="quiet" onClick={() => set({ dialog: { name: "help" } })}>
        Keys <kbd>?</kbd>
      </button>
    </footer>
  );
}
