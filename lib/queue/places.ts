import type { Status } from "./job.ts";

/** The places of jobs that a list is merged from, and the status of the jobs there. In this order among jobs of one instant. */
const PLACES = {
  leases: "processing",
  high: "pending",
  normal: "pending",
  low: "pending",
  suspects: "pending",
  scheduled: "pending",
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
} as const satisfies Record<string, Status>;
const PARKED = "parked:";
/** The name of such a place, or of the parked jobs of a paused task. */
export type PlaceName = keyof typeof PLACES | `${typeof PARKED}${string}`;

const NAMES = Object.keys(PLACES) as (keyof typeof PLACES)[];
const READY: readonly PlaceName[] = ["high", "normal", "low", "suspects"];

/** What a job is doing, closer than its status says. */
export const STATES = [
  "waiting",
  "paused",
  "scheduled",
  "retrying",
  "running",
  "completed",
  "failed",
  "cancelled",
] as const;
/** What a job is doing: one that is `pending` waits for a worker, for the end of a pause, for its time, or for its retry. */
export type JobState = (typeof STATES)[number];

/** What a list can be asked for: a status, or a state. */
export const LISTED_AS = [...new Set([...(["pending", "processing"] as const), ...STATES])] as const;
/** One of them. */
export type ListedAs = (typeof LISTED_AS)[number];

/** Gives the places that have jobs of a status or a state. `tasks`: those that are paused. */
export function placesWith(wanted: ListedAs | undefined, tasks: readonly string[] = []): PlaceName[] {
  const parked = mayBeParked(wanted) ? tasks.map((task): PlaceName => `${PARKED}${task}`) : [];
  if (wanted === undefined) return [...NAMES, ...parked];
  if (wanted === "waiting") return [...READY];
  if (wanted === "paused") return parked;
  if (wanted === "scheduled" || wanted === "retrying") return ["scheduled"];
  if (wanted === "running") return ["leases"];
  return [...NAMES.filter((name) => PLACES[name] === wanted), ...parked];
}

/** Tells whether jobs of a status or a state may be parked, because their task is paused. */
export function mayBeParked(wanted: ListedAs | undefined): boolean {
  return wanted === undefined || wanted === "pending" || wanted === "paused";
}

/** Returns the status of the jobs in a place. */
export function statusIn(name: PlaceName): Status {
  return isParked(name) ? "pending" : PLACES[name];
}

function isParked(name: PlaceName): name is `${typeof PARKED}${string}` {
  return name.startsWith(PARKED);
}

/** Tells whether a place is a list of ready jobs. */
export function isReadyList(name: PlaceName): boolean {
  return isParked(name) || READY.includes(name);
}

/** Says what a job in a place is doing. */
export function stateIn(place: PlaceName, retries: number): JobState {
  if (isParked(place)) return "paused";
  if (place === "leases") return "running";
  if (place === "scheduled") return retries > 0 ? "retrying" : "scheduled";
  return isReadyList(place) ? "waiting" : (place as JobState);
}
