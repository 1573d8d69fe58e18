import { byId, h } from "./dom.js";
import { duration } from "./time.js";

const PLACES = [
  ["ready", "Ready", "pending"],
  ["scheduled", "Scheduled", "pending"],
  ["processing", "Processing", "processing"],
  ["completed", "Completed", "completed"],
  ["failed", "Failed", "failed"],
  ["cancelled", "Cancelled", "cancelled"],
];

/** Makes the counts of jobs. A click on a count lists its jobs, a second click lists all jobs again. */
export function createStats(onStatus) {
  const parts = new Map();
  for (const [place, name, status] of PLACES) {
    const count = h("span", { class: "count" }, "–");
    const more = h("span", { class: "more" });
    const onclick = () => onStatus(button.getAttribute("aria-pressed") === "true" ? "" : status);
    const attributes = {
      type: "button",
      class: `place ${place}`,
      "aria-pressed": "false",
      "data-status": status,
      onclick,
    };
    const label = h("span", { class: "name" }, name);
    const button = h("button", attributes, label, h("span", { class: "line" }, count, more));
    parts.set(place, { button, count, more });
    byId("places").append(button);
  }
  return {
    show(stats) {
      for (const [place, { button, count, more }] of parts) {
        const number = place === "ready" ? sum(stats.ready) : stats[place];
        count.textContent = number.toLocaleString("en");
        button.classList.toggle("some", number > 0);
        if (place === "ready") more.textContent = readyWords(stats);
      }
      byId("totals").textContent = totalWords(stats.totals);
      byId("paused").textContent = pausedWords(stats);
    },
    press(status) {
      for (const { button } of parts.values())
        button.setAttribute("aria-pressed", String(status !== "" && button.dataset.status === status));
    },
  };
}

const sum = (counts) => Object.values(counts).reduce((total, each) => total + each, 0);

function readyWords({ ready, oldest_ready_seconds: oldest }) {
  const words = ["high", "low"].flatMap((priority) => (ready[priority] > 0 ? [`${ready[priority]} ${priority}`] : []));
  if (oldest !== undefined) words.push(`oldest ${duration(oldest)}`);
  return words.join(" · ");
}

function pausedWords({ paused, paused_tasks: tasks }) {
  const end = ({ until }) => (until === undefined ? "" : ` until ${new Date(until).toLocaleString()}`);
  const names = tasks.filter(({ resuming }) => !resuming).map((each) => `${each.task}${end(each)}`);
  const words = [
    ...(paused ? [`The queue is paused${end(paused)}: no job begins.`] : []),
    ...(names.length > 0 ? [`Paused tasks: ${names.join(", ")}.`] : []),
  ];
  return words.join(" ");
}

function totalWords(totals) {
  const words = Object.entries(totals).flatMap(([name, count]) =>
    count > 0 ? [`${count.toLocaleString("en")} ${name.replace("_", " ")}`] : [],
  );
  return words.length > 0 ? `All-time: ${words.join(" · ")}` : "Nothing has run yet.";
}
