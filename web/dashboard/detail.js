import { banner, call, Refused } from "./api.js";
import { byId, h, say, statusOf } from "./dom.js";
import { read, write } from "./exact.js";
import { attemptsOf } from "./list.js";
import { between, time } from "./time.js";

/** How often an open job that has not finished is fetched, in ms: one Redis command each time. */
const FOLLOW_MS = 2_000;
const FINISHED = ["completed", "failed", "cancelled"];

/** Makes the view of one job, which follows it until it has finished. `onChange` is called when the job has changed. */
export function createDetail(onChange, onMark) {
  const panel = byId("detail");
  let id;
  let job;
  let etag;
  let timer;
  let opener;

  async function ask() {
    clearTimeout(timer);
    const wanted = id;
    if (wanted === undefined || document.hidden) return;
    try {
      const found = await call("GET", `job-status/${wanted}`, { etag });
      if (wanted !== id) return;
      if (found) {
        const before = job?.status;
        ({ etag } = found);
        show(found);
        if (before !== undefined && before !== job.status && FINISHED.includes(job.status)) onChange();
      }
    } catch (fault) {
      if (wanted !== id) return;
      if (fault instanceof Refused && fault.problem.status === 404) return gone(fault);
      banner(fault);
    }
    clearTimeout(timer);
    if (!FINISHED.includes(job?.status)) timer = setTimeout(ask, FOLLOW_MS);
  }

  function show({ answer, text }) {
    job = answer;
    byId("detail-title").textContent = job.task;
    byId("detail-body").replaceChildren(...partsOf(job, read(text)));
    byId("retry").hidden = !["failed", "cancelled"].includes(job.status);
    byId("cancel").hidden = FINISHED.includes(job.status);
    panel.hidden = false;
  }

  function gone(fault) {
    byId("detail-title").textContent = "Job not shown";
    byId("detail-body").replaceChildren(h("p", { class: "soft" }, fault.message));
    byId("retry").hidden = true;
    byId("cancel").hidden = true;
    panel.hidden = false;
  }

  async function act(button, verb, said) {
    button.disabled = true;
    try {
      const changed = await call("POST", `${verb}-job/${id}`);
      etag = undefined;
      show(changed);
      say(said);
      byId("detail-title").focus();
      onChange();
      void ask();
    } catch (fault) {
      banner(fault);
    } finally {
      button.disabled = false;
    }
  }
  byId("retry").addEventListener("click", ({ target }) => act(target, "retry", "The job will run again."));
  byId("cancel").addEventListener("click", ({ target }) => act(target, "cancel", "The job is cancelled."));
  byId("close").addEventListener("click", () => close());
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });

  function close() {
    clearTimeout(timer);
    id = undefined;
    job = undefined;
    panel.hidden = true;
    history.replaceState(null, "", location.pathname);
    onMark(undefined);
    if (opener?.isConnected) opener.focus();
  }

  return {
    ask,
    async open(wanted) {
      if (wanted === id) return;
      opener = document.activeElement;
      [id, job, etag] = [wanted, undefined, undefined];
      // Whole, since the page may have a <base> that ends with a slash, where its own address does not.
      history.replaceState(null, "", `${location.pathname}#${wanted}`);
      onMark(wanted);
      await ask();
      if (wanted === id) byId("detail-title").focus();
    },
  };
}

/** Returns the elements of a job's view. `exact` is the same job, with its values as they were given. */
function partsOf(job, exact) {
  const facts = [
    ["Status", statusOf(job.status)],
    ["Job", h("span", { class: "job-id" }, job.job_id)],
    ["Priority", job.priority],
    ["Attempts", `${attemptsOf(job)} of ${job.max_retries + 1}`],
    ["Created", time(job.created_at)],
    ...(job.run_at && job.status === "pending" ? [["Runs", time(job.run_at)]] : []),
    ...(job.started_at ? [["Started", time(job.started_at)]] : []),
    ...(job.finished_at ? [["Finished", time(job.finished_at)]] : []),
  ];
  return [
    h("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    ...going(job),
    ...(job.error && job.attempts.length === 0 ? [h("h3", {}, "Error"), h("pre", { class: "wrong" }, job.error)] : []),
    ...("result" in job ? [h("h3", {}, "Result"), h("pre", {}, write(exact.result, 2))] : []),
    ...("payload" in job ? [h("h3", {}, "Payload"), h("pre", {}, write(exact.payload, 2))] : []),
    ...(job.log ? [h("h3", {}, "Log"), h("pre", {}, exact.log.map(logLine).join("\n"))] : []),
    ...(job.attempts.length > 0
      ? [h("h3", {}, "Attempts"), h("ol", { class: "attempts" }, ...job.attempts.toReversed().map(attempt))]
      : []),
  ];
}

function going({ progress, note }) {
  if (progress === undefined && note === undefined) return [];
  const percent = progress === undefined ? [] : [`${Math.round(progress)} %`];
  const words = [...percent, ...(note === undefined ? [] : [note])].join(" · ");
  const shown =
    progress === undefined ? undefined : h("progress", { max: 100, value: progress, "aria-label": "Progress" });
  return [h("div", { class: "going" }, shown, words)];
}

function logLine({ at, message, fields }) {
  return [at.slice(11, 23), message, ...(fields ? [write(fields)] : [])].join("  ");
}

/** Prints an error as Node does: its stack, then its cause. */
function printed({ name, message, code, stack, cause, errors = [] }, label = "") {
  return [
    `${label}${name}: ${message}${code ? ` (${code})` : ""}`,
    ...(stack ? [stack] : []),
    ...(cause ? [printed(cause, "caused by ")] : []),
    ...errors.map((each) => printed(each, "one of them ")),
  ].join("\n");
}

function attempt({ attempt: number, outcome, started_at, ended_at, worker, error, message, detail }) {
  return h(
    "li",
    {},
    h(
      "div",
      { class: "line" },
      h("span", {}, `#${number}`),
      statusOf(outcome),
      h("span", { class: "soft", title: worker }, time(started_at), `, took ${between(started_at, ended_at)}`),
    ),
    error === undefined
      ? undefined
      : h("pre", { class: "wrong" }, detail ? printed(detail) : message ? `${error}: ${message}` : error),
  );
}
