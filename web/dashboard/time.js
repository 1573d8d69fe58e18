import { h } from "./dom.js";

const STEPS = [
  [60, 1, "s"],
  [3_600, 60, "min"],
  [86_400, 3_600, "h"],
  [Number.POSITIVE_INFINITY, 86_400, "d"],
];

/** Writes a duration in its largest unit. */
export function duration(seconds) {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const [, size, unit] = STEPS.find(([limit]) => seconds < limit);
  return `${Math.floor(seconds / size)} ${unit}`;
}

function relative(instant) {
  const seconds = (Date.now() - Date.parse(instant)) / 1_000;
  if (Math.abs(seconds) < 2) return "now";
  return seconds > 0 ? `${duration(Math.floor(seconds))} ago` : `in ${duration(Math.ceil(-seconds))}`;
}

/** Makes an element that says how long ago or how soon an instant is, with the exact instant as its title. */
export function time(instant) {
  return h("time", { datetime: instant, title: new Date(instant).toLocaleString() }, relative(instant));
}

/** Brings every `time` on the page up to date. */
export function retell() {
  for (const element of document.querySelectorAll("time")) element.textContent = relative(element.dateTime);
}

/** Writes the duration between two instants. */
export function between(start, end) {
  return duration(Math.max(0, Date.parse(end) - Date.parse(start)) / 1_000);
}
