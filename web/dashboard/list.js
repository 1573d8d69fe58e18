import { byId, choices, h, statusOf } from "./dom.js";
import { time } from "./time.js";

const STATUSES = ["pending", "processing", "completed", "failed", "cancelled"];
const LIMIT = 20;

/** Makes the list of jobs, page by page. `onChange` is called for another page or filter, `onOpen` for a job. */
export function createList(onChange, onOpen) {
  const rows = new Map();
  /** The cursors of the pages up to this one; the first page has none. Each page and filter gets a new array. */
  let cursors = [undefined];
  let next;
  let open;
  const status = byId("status-filter");
  const task = byId("task-filter");
  choices(status, [["", "all"], ...STATUSES.map((each) => [each, each])]);
  choices(task, [["", "all"]]);

  function turn(to) {
    cursors = to;
    // The cursor of the page after it is known when it is shown.
    byId("newer").disabled = true;
    byId("older").disabled = true;
    onChange();
  }
  for (const select of [status, task]) select.addEventListener("change", () => turn([undefined]));
  byId("older").addEventListener("click", () => turn([...cursors, next]));
  byId("newer").addEventListener("click", () => turn(cursors.slice(0, -1)));

  return {
    get status() {
      return status.value;
    },
    filter(wanted) {
      status.value = wanted;
      turn([undefined]);
    },
    tasks(names) {
      choices(task, [["", "all"], ...names.map((name) => [name, name])]);
    },
    firstPage() {
      cursors = [undefined];
    },
    /** Returns the path to fetch, and a function that shows the answer, unless another page or filter was chosen by then. */
    wanted() {
      const given = { status: status.value, task: task.value, cursor: cursors.at(-1), limit: String(LIMIT) };
      const path = `jobs?${new URLSearchParams(Object.entries(given).filter(([, value]) => value))}`;
      const asked = cursors;
      return { path, show: (page) => asked === cursors && this.show(page) };
    },
    show({ jobs, next_cursor }) {
      next = next_cursor;
      const body = byId("rows");
      const here = new Set(jobs.map(({ job_id }) => job_id));
      for (const [id, row] of rows) {
        if (here.has(id)) continue;
        row.remove();
        rows.delete(id);
      }
      for (const [i, job] of jobs.entries()) {
        const row = rows.get(job.job_id) ?? h("tr", { onclick: () => onOpen(job.job_id) });
        rows.set(job.job_id, row);
        fill(row, job);
        if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null);
      }
      this.mark(open);
      byId("empty").hidden = jobs.length > 0;
      byId("empty").textContent = next ? "No such jobs on this page. Older pages may have some." : "No jobs here.";
      byId("page").textContent = `Page ${cursors.length}`;
      byId("newer").disabled = cursors.length === 1;
      byId("older").disabled = next === undefined;
    },
    /** Marks the open job. */
    mark(id) {
      open = id;
      for (const [each, row] of rows) {
        if (each === id) row.setAttribute("aria-current", "true");
        else row.removeAttribute("aria-current");
      }
    },
  };
}

/** Updates a row only if something changed, so that its button keeps the focus. */
function fill(row, job) {
  const now = JSON.stringify(job);
  if (row.dataset.shown === now) return;
  const button = row.querySelector("button") ?? h("button", { type: "button", class: "id", title: job.job_id });
  button.textContent = job.job_id.slice(0, 8);
  const cells = [
    h("td", {}, statusOf(job.status), ...(job.progress !== undefined && job.status === "processing" ? [bar(job)] : [])),
    h("td", { class: "task" }, job.task, ...priority(job)),
    undefined,
    h("td", { class: "number" }, `${attemptsOf(job)} of ${job.max_retries + 1}`),
    h("td", { class: "number soft" }, time(whenOf(job))),
  ];
  for (const [i, cell] of cells.entries()) {
    if (!row.children[i]) row.append(cell ?? h("td", {}, button));
    else if (cell) row.children[i].replaceWith(cell);
  }
  row.dataset.shown = now;
}

const bar = ({ progress }) =>
  h("progress", { max: 100, value: progress, "aria-label": `${Math.round(progress)} percent` });

const priority = (job) => [
  ...(job.priority === "normal" ? [] : [h("span", { class: "high" }, job.priority)]),
  ...(job.unreadable ? [h("span", { class: "high" }, "unreadable")] : []),
];

export function attemptsOf(job) {
  const begun = job.status === "processing" ? job.retries + 1 : 0;
  return Math.max(begun, job.attempts.at(-1)?.attempt ?? 0);
}

function whenOf(job) {
  return job.finished_at ?? (job.status === "processing" ? job.started_at : job.run_at) ?? job.created_at;
}
