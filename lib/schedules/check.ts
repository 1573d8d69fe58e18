import { durationMs } from "../duration.ts";
import type { Fault } from "../errors.ts";
import { PRIORITIES } from "../queue/job.ts";
import type { Tasks } from "../tasks.ts";
import { cut } from "../text.ts";
import { cronOf, nextTime } from "./cron.ts";
import { payloadFaults } from "./payload.ts";
import { isZone } from "./zone.ts";

/** The most schedules that a queue has. */
const MAX_SCHEDULES = 10_000;

/** The most bytes of payloads of all schedules in code: they go to Redis in one request, and Upstash accepts 10 MB. */
const DECLARED_BYTES = 4 * 1024 * 1024;

/** The most slots that `catchUp: { all }` fires. */
const MAX_CATCH_UP = 1_000;

/** The longest jitter. */
const MAX_JITTER_SECONDS = 3_600;

const LEAST_EVERY_MS = 1_000;
const MOST_EVERY_DAYS = 366;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** Tells whether a text may be the name of a schedule. */
export const isScheduleName = (name: string) => NAME.test(name);

type Fields = Record<string, unknown>;
/** What a check says of a field. Undefined: it fits. */
type Words = string | undefined;

/**
 * Checks the schedules that are declared together. `tasks`: undefined where they are not loaded yet. Returns what is wrong, in
 * words: `schedules[1].cron: …`.
 */
export function checkSchedules(list: unknown, tasks?: Tasks): string[] {
  if (!Array.isArray(list)) return ["schedules: expected a list"];
  if (list.length > MAX_SCHEDULES) return [`schedules: expected at most ${MAX_SCHEDULES}, got ${list.length}`];
  const bytes = list.reduce<number>((sum, declared) => sum + payloadBytesOf(declared), 0);
  if (bytes > DECLARED_BYTES)
    return [
      `schedules: expected at most ${DECLARED_BYTES} bytes of payloads in all, got ${bytes}: store them elsewhere`,
    ];
  const first = new Map<unknown, number>();
  return list.flatMap((declared: unknown, i) => {
    const faults = checkSchedule(declared, tasks);
    const name = isObject(declared) ? declared.name : undefined;
    const other = first.get(name);
    if (other === undefined) first.set(name, i);
    else if (typeof name === "string") faults.push(fault("name", `schedules[${other}] has the same name, ${name}`));
    return faults.map(({ pointer, detail }) => `schedules[${i}]${pointer.replaceAll("/", ".")}: ${detail}`);
  });
}

/** Says how many bytes the payload of a declared schedule takes; 0 where it has none that JSON can hold. */
function payloadBytesOf(declared: unknown): number {
  try {
    return isObject(declared) ? Buffer.byteLength(JSON.stringify(declared.payload) ?? "") : 0;
  } catch {
    return 0; // its own check says why
  }
}

/**
 * Checks a schedule as it is declared (`DeclaredSchedule`). Pointers lead to its fields as they are named there. A payload is
 * read by its task's schema, unless that gives a promise: then the worker checks it.
 */
export function checkSchedule(declared: unknown, tasks?: Tasks): Fault[] {
  if (!isObject(declared)) return [{ pointer: "", detail: "expected an object" }];
  const faults = Object.keys(declared)
    .filter((field) => !Object.hasOwn(CHECKS, field) && declared[field] !== undefined)
    .map((field) => fault(cut(field, 100), `there is no such field; there are: ${Object.keys(CHECKS).join(", ")}`));
  for (const [field, check] of Object.entries(CHECKS)) {
    const words = check(declared[field], declared, tasks);
    if (words !== undefined) faults.push(fault(field, words));
  }
  return [...faults, ...payloadFaults(declared.payload, tasks?.get(taskNameOf(declared.task) ?? ""))];
}

/** Gives the name of a task, or of what has one. */
export function taskNameOf(task: unknown): string | undefined {
  const name = isObject(task) ? task.name : task;
  return typeof name === "string" ? name : undefined;
}

/** What each field has to be, in the order in which faults are told. */
const CHECKS: Record<string, (value: unknown, declared: Fields, tasks?: Tasks) => Words> = {
  name: (name) =>
    typeof name === "string" && isScheduleName(name)
      ? undefined
      : `expected 1 to 100 letters, digits, dots, dashes, colons or underscores, a letter or a digit first, got ${shown(name)}`,
  task: checkTask,
  payload: () => undefined, // payloadFaults
  cron: checkCron,
  every: checkEvery,
  timeZone: checkTimeZone,
  catchUp: checkCatchUp,
  overlap: (value) => oneOf(value, ["skip", "allow"]),
  jitterSeconds: checkJitter,
  priority: (value) => oneOf(value, PRIORITIES),
  paused: (value) => (value === undefined || typeof value === "boolean" ? undefined : "expected true or false"),
};

function checkTask(task: unknown, _: Fields, tasks?: Tasks): Words {
  const name = taskNameOf(task);
  if (name === undefined) return `expected a task or its name, got ${shown(task)}`;
  if (!tasks || tasks.has(name)) return undefined;
  return `there is no task ${shown(name)}; there are: ${[...tasks.keys()].join(", ") || "none"}`;
}

function checkCron(cron: unknown, { every }: Fields): Words {
  if (cron === undefined) return every === undefined ? "expected cron or every, got neither" : undefined;
  if (every !== undefined) return "expected cron or every, got both";
  if (typeof cron !== "string") return `expected a text such as "0 9 * * 1-5", got ${shown(cron)}`;
  try {
    return nextTime(cronOf(cron), 0) === undefined ? `${shown(cron)} never comes: no such day exists` : undefined;
  } catch (error) {
    return (error as RangeError).message;
  }
}

function checkEvery(every: unknown): Words {
  if (every === undefined) return undefined;
  const ms = everyMsOf(every);
  if (ms === undefined) return `expected seconds, or a text such as "15 minutes", got ${shown(every)}`;
  if (ms < LEAST_EVERY_MS || ms > MOST_EVERY_DAYS * 86_400_000)
    return `expected 1 second to ${MOST_EVERY_DAYS} days, got ${shown(every)}`;
  return Number.isInteger(ms) ? undefined : `expected whole milliseconds, got ${shown(every)}`;
}

/** Gives the length of time of `every` in ms: seconds, or a text. Undefined where it is none. */
export function everyMsOf(every: unknown): number | undefined {
  if (typeof every === "string") return durationMs(every);
  // 0.1 * 1,000 and its like are whole, but for what a double loses.
  return typeof every === "number" && Number.isFinite(every) ? Number((every * 1_000).toFixed(6)) : undefined;
}

function checkTimeZone(zone: unknown, { every }: Fields): Words {
  if (zone === undefined) return undefined;
  if (typeof zone !== "string" || !isZone(zone))
    return `expected an IANA time zone such as "Europe/Berlin", got ${shown(zone)}`;
  if (every !== undefined && zone !== "UTC") return "a time zone has no effect on every: use cron";
  return undefined;
}

function checkCatchUp(catchUp: unknown): Words {
  if (catchUp === undefined || catchUp === "last" || catchUp === "skip") return undefined;
  const all = isObject(catchUp) && Object.keys(catchUp).length === 1 ? catchUp.all : undefined;
  if (Number.isInteger(all) && Number(all) >= 1 && Number(all) <= MAX_CATCH_UP) return undefined;
  return `expected "last", "skip" or { all: 1 to ${MAX_CATCH_UP} }, got ${shown(catchUp)}`;
}

function checkJitter(jitter: unknown, { cron, every }: Fields): Words {
  if (jitter === undefined || jitter === 0) return undefined;
  if (typeof jitter !== "number" || !(jitter > 0 && jitter <= MAX_JITTER_SECONDS))
    return `expected 0 to ${MAX_JITTER_SECONDS} seconds, got ${shown(jitter)}`;
  const gapMs = every === undefined ? shortestGapMs(cron) : everyMsOf(every);
  if (gapMs === undefined || jitter * 1_000 < gapMs) return undefined;
  return `expected less than the ${gapMs / 1_000} seconds between slots, got ${jitter}`;
}

/** Gives the shortest time between the first hundred slots. Undefined: cron is wrong, or comes but once. */
function shortestGapMs(cron: unknown): number | undefined {
  try {
    const fields = cronOf(String(cron));
    let shortest: number | undefined;
    let time = nextTime(fields, 0);
    for (let i = 0; i < 100 && time !== undefined; i++) {
      const next = nextTime(fields, time);
      if (next !== undefined) shortest = Math.min(shortest ?? next - time, next - time);
      time = next;
    }
    return shortest;
  } catch {
    return undefined; // told of cron
  }
}

function oneOf(value: unknown, words: readonly string[]): Words {
  if (value === undefined || words.includes(value as string)) return undefined;
  return `expected ${words.map((word) => JSON.stringify(word)).join(", ")}, got ${shown(value)}`;
}

const fault = (field: string, detail: string): Fault => ({ pointer: `/${field}`, detail });

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Shows a value in a message. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "bigint" || typeof value === "function" || typeof value === "symbol") return typeof value;
  try {
    return cut(JSON.stringify(value), 100);
  } catch {
    return "what JSON cannot hold";
  }
}
