import type { App } from "../app/app.ts";
import { beforeOf, storeOf } from "../app/declare-schedules.ts";
import { Problem } from "../errors.ts";
import type { JobRequest } from "../jobs/job-request.ts";
import type { ScheduleRequest } from "../jobs/schedule-request.ts";
import { MOST_SCHEDULES, type ScheduleEntry, type ScheduleStore } from "../queue/schedule-store.ts";
import { nextAfterChange } from "../schedules/change.ts";
import { isScheduleName } from "../schedules/check.ts";
import { scheduleFromJson, scheduleOf, scheduleToJson } from "../schedules/definition.ts";
import { nextSlot } from "../schedules/slots.ts";
import type { Tasks } from "../tasks.ts";
import { cut } from "../text.ts";
import type { ScheduleView } from "./described/schedule-view.ts";
import { declaredBy } from "./schedule-definition.ts";
import { isPausedAt, scheduleViewOf } from "./schedule-view.ts";

/** The longest pause that ends by itself, in ms: a year, as scripts/pause.lua says. */
const LONGEST_PAUSE_MS = 31_536_000_000;
/** Others may change a schedule between a look and a change. */
const MOST_TRIES = 20;

/*
 * What the routes of schedules do. They load this file when one of them is first asked for, so that no start of the function `api`
 * waits for rules, zones and scripts that few requests need.
 */

/** Shows a schedule. @throws Problem `schedule_not_found` */
export async function shownSchedule(app: App, name: string, isAdmin: boolean): Promise<ScheduleView> {
  const { now, entry } = await found(storeOf(app), name);
  return scheduleViewOf(entry, now, isAdmin);
}

/** Shows a page of schedules, by their names. `after`: the last name of the page before. */
export async function schedulePage(app: App, after: string | undefined, limit: number, isAdmin: boolean) {
  const oneMore = { limit: limit + 1 }; // tells whether there is another page
  const { now, entries } = await storeOf(app).list({ ...oneMore, ...(after === undefined ? {} : { after }) });
  const shown = entries.slice(0, limit);
  const next = entries.length > limit ? { next_cursor: shown.at(-1)!.name } : {};
  return { schedules: shown.map((entry) => scheduleViewOf(entry, now, isAdmin)), ...next };
}

/**
 * Makes a schedule what a request says, whatever else changes it meanwhile. A request that does not say whether it is paused leaves
 * that as it is.
 *
 * @throws Problem `schedule_in_code`, `too_many_schedules`, and as `declaredBy`
 */
export async function putSchedule(
  app: App,
  name: string,
  request: ScheduleRequest,
  tasks: Tasks,
): Promise<{ view: ScheduleView; isNew: boolean }> {
  const store = storeOf(app);
  const declared = await declaredBy(name, request, tasks, app.log);
  const { paused } = declared;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { now, entries } = await store.read([name]);
    const seen = entries[0];
    const before = seen && beforeOf(seen);
    const isPausedNow = seen !== undefined && isPausedAt(seen, now);
    // `true` means without end: a pause with one is another.
    const isPaused = paused === true ? seen?.pausedUntil === Number.POSITIVE_INFINITY : isPausedNow;
    const schedule = scheduleOf({ ...declared, paused: paused ?? before?.paused ?? false }, tasks, "api");
    const json = scheduleToJson(schedule);
    if (seen && seen.json === json && (paused ?? isPaused) === isPaused)
      return { view: scheduleViewOf(seen, now, true), isNew: false };
    const wanted = { ...schedule, paused: paused ?? isPaused };
    const next = nextAfterChange(wanted, before && { ...before, paused: isPaused }, now);
    const outcome = await store.put(name, json, next, seen);
    if (outcome === "in_code") throw inCode(name);
    if (outcome === "full") throw tooMany();
    if (outcome === "put") {
      const entry = { name, json, ...next, last: seen?.last };
      return { view: scheduleViewOf(entry, now, true), isNew: !seen };
    }
  }
  throw contested(name);
}

/** Deletes a schedule, and shows it as it was. @throws Problem `schedule_not_found`, `schedule_in_code` */
export async function deleteSchedule(app: App, name: string): Promise<ScheduleView> {
  const store = storeOf(app);
  const { now, entry } = await found(store, name);
  const deleted = await store.delete(name);
  if (deleted === "in_code") throw inCode(name);
  if (deleted === "missing") throw noSchedule(name);
  return scheduleViewOf(entry, now, true);
}

/**
 * Pauses a schedule, also one that code declares. `untilMs`: it goes on with its first slot from there on; undefined: when it is
 * resumed. A pause that is there already is replaced.
 *
 * @throws Problem `schedule_not_found`
 */
export async function pauseSchedule(
  app: App,
  name: string,
  untilMs: number | undefined,
): Promise<"paused" | "past" | "too_far"> {
  const store = storeOf(app);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { now, entry } = await found(store, name);
    if (untilMs !== undefined && untilMs <= now) return "past";
    if (untilMs !== undefined && untilMs > now + LONGEST_PAUSE_MS) return "too_far";
    const next = untilMs === undefined ? undefined : slotAfter(entry, untilMs - 1);
    const outcome = await store.pause(entry, untilMs, next);
    if (outcome === "missing") throw noSchedule(name);
    if (outcome === "done") return "paused";
  }
  throw contested(name);
}

/** Ends the pause of a schedule. It goes on with its next slot. @throws Problem `schedule_not_found` */
export async function resumeSchedule(app: App, name: string): Promise<"resumed" | "not_paused"> {
  const store = storeOf(app);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { now, entry } = await found(store, name);
    if (!isPausedAt(entry, now)) return "not_paused";
    const outcome = await store.resume(entry, slotAfter(entry, now));
    if (outcome === "missing") throw noSchedule(name);
    if (outcome === "done") return "resumed";
  }
  throw contested(name);
}

/** Makes the error of a schedule that others change without end, or whose fields in Redis somebody else has written. */
function contested(name: string): Error {
  return new Error(`the schedule ${name} was different each time that it was read: is it written by something else?`);
}

/** Finds the first slot after an instant. Where the definition cannot be read, a worker looks at it then. */
function slotAfter({ json }: ScheduleEntry, afterMs: number): number | undefined {
  const schedule = scheduleFromJson(json);
  return schedule ? nextSlot(schedule.rule, afterMs) : afterMs + 1;
}

/** Makes the request for a job of a schedule. @throws Problem `schedule_not_found`, also where its definition cannot be read */
export async function requestOfSchedule(app: App, name: string): Promise<JobRequest> {
  const schedule = scheduleFromJson((await found(storeOf(app), name)).entry.json);
  if (!schedule) throw noSchedule(name);
  const { task, payload, priority, maxRetries } = schedule;
  return {
    task,
    priority,
    max_retries: maxRetries,
    ...(payload === undefined ? {} : { payload: JSON.parse(payload) as unknown }),
  };
}

async function found(store: ScheduleStore, name: string): Promise<{ now: number; entry: ScheduleEntry }> {
  // The hash has fields besides schedules, whose names are none of a schedule.
  if (!isScheduleName(name)) throw noSchedule(name);
  const { now, entries } = await store.read([name]);
  if (!entries[0]) throw noSchedule(name);
  return { now, entry: entries[0] };
}

function noSchedule(name: string): Problem {
  return new Problem("schedule_not_found", `there is no schedule ${shown(name)}`);
}

function inCode(name: string): Problem {
  const detail = `the schedule ${shown(name)} is declared in the application's code: change it there`;
  return new Problem("schedule_in_code", detail);
}

function tooMany(): Problem {
  return new Problem("too_many_schedules", `there are ${MOST_SCHEDULES} schedules already: delete some`);
}

/** The longest name that a message repeats, in characters. */
const SHOWN_CHARACTERS = 100;

function shown(name: string): string {
  return name.length > SHOWN_CHARACTERS ? `${cut(name, SHOWN_CHARACTERS)}…` : name;
}
