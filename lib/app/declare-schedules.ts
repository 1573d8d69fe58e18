import { ConfigError } from "../errors.ts";
import { fingerprintOf } from "../jobs/ids.ts";
import type { Log } from "../observability/log.ts";
import { isInCode } from "../queue/in-code.ts";
import { type DeclaredChange, type ScheduleEntry, ScheduleStore } from "../queue/schedule-store.ts";
import { nextAfterChange, type ScheduleBefore } from "../schedules/change.ts";
import { checkSchedules } from "../schedules/check.ts";
import { scheduleFromJson, scheduleOf, scheduleToJson } from "../schedules/definition.ts";
import type { DeclaredSchedule, Schedule } from "../schedules/schedule.ts";
import type { Tasks } from "../tasks.ts";
import type { App } from "./app.ts";

/** Others may write meanwhile, but each process only as it starts. */
const MOST_TRIES = 20;

/** Gives the schedules of an app's queue. */
export function storeOf({ redis, config }: Pick<App, "redis" | "config">): ScheduleStore {
  return new ScheduleStore(redis, config.queue);
}

/** Completes declared schedules. @throws ConfigError naming all that is wrong with them, now that the tasks are there */
export function schedulesOf(declared: readonly DeclaredSchedule[], tasks: Tasks): Schedule[] {
  const wrong = checkSchedules(declared, tasks);
  if (wrong.length > 0)
    throw new ConfigError(`these schedules are wrong:\n${wrong.map((each) => `  ${each}`).join("\n")}`);
  return declared.map((each) => scheduleOf(each, tasks));
}

/**
 * What has become of a declaration: Redis has all of it, or all but those whose names are taken by schedules that were made at run
 * time; a newer process decides; there would be too many; or others kept changing the schedules.
 */
type Declaration = "declared" | "taken" | "newer" | "full" | "contested";

interface Limits {
  /** Leave what was declared then or later, by Redis' clock, ms since the epoch. */
  before?: number;
  /** Schedules that code had declared: delete them, too, where nobody has noted that they are declared. */
  leftOver?: readonly string[];
}

/**
 * Makes the schedules that code declares those of this process, so that the version that started last decides. Schedules that were
 * made at run time stay. One command where nothing is to be done.
 *
 * @throws RedisError
 */
export async function declareSchedules(
  store: ScheduleStore,
  declared: readonly Schedule[],
  log: Log,
  { before = Number.POSITIVE_INFINITY, leftOver = [] }: Limits = {},
): Promise<Declaration> {
  const wanted = new Map(declared.map((each) => [each.name, { schedule: each, json: scheduleToJson(each) }]));
  const hash = fingerprintOf([...wanted].map(([name, { json }]) => [name, json]).sort());
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const note = await store.codeNote();
    const isDeclared = note ? note.hash === hash : wanted.size === 0;
    if (isDeclared && leftOver.length === 0) return "declared";
    if (!isDeclared && note && note.at >= before) return "newer";
    const names = [...new Set([...(note?.names ?? []), ...leftOver, ...wanted.keys()])];
    const { now, entries } = await store.read(names);
    const found = names.map((name, i) => ({ name, entry: entries[i], ...wanted.get(name) }));
    const taken = found.filter(({ entry }) => entry && !isInCode(entry.json)).map(({ name }) => name);
    const ours = found.filter(({ name }) => !taken.includes(name));
    const changes = ours.filter(({ entry, json }) => entry?.json !== json).map((each) => changeOf(each, now));
    // While a name is taken, the hash is nobody's: the next process tries again.
    const said = {
      hash: taken.length > 0 ? "" : hash,
      names: ours.flatMap(({ name, json }) => (json === undefined ? [] : [name])),
    };
    const isSaid = note?.hash === said.hash && note.names.join() === said.names.join() && changes.length === 0;
    const outcome = isSaid ? "declared" : await store.declare(said, changes, note);
    if (outcome === "changed") continue;
    tell(log, outcome, changes, taken);
    return outcome === "declared" && taken.length > 0 ? "taken" : outcome;
  }
  log("warn", "schedules_failed", { message: "other processes kept changing the schedules" });
  return "contested";
}

interface Found {
  name: string;
  /** As it stands in Redis. */
  entry: ScheduleEntry | undefined;
  /** As it is declared. Undefined: it is not any more. */
  schedule?: Schedule;
  json?: string;
}

function changeOf({ name, entry, schedule, json }: Found, now: number): DeclaredChange {
  const next = schedule ? nextAfterChange(schedule, entry && beforeOf(entry), now) : {};
  return { name, json, ...next, seen: entry };
}

/** Reads how a schedule was. One that cannot be read counts as not declared paused. */
export function beforeOf(entry: ScheduleEntry): ScheduleBefore {
  const { next, pausedUntil } = entry;
  return { next, pausedUntil, paused: scheduleFromJson(entry.json)?.paused ?? false };
}

function tell(
  log: Log,
  outcome: "declared" | "full",
  changes: readonly DeclaredChange[],
  taken: readonly string[],
): void {
  for (const schedule of taken)
    log("warn", "schedule_name_taken", {
      schedule,
      message: "a schedule of this name was made at run time: delete it, or rename yours",
    });
  if (outcome === "full") {
    log("error", "schedules_failed", { message: "there are 10,000 schedules already: delete some" });
    return;
  }
  if (changes.length === 0) return;
  const counts = {
    created: changes.filter(({ json, seen }) => json !== undefined && !seen).length,
    changed: changes.filter(({ json, seen }) => json !== undefined && seen).length,
    deleted: changes.filter(({ json }) => json === undefined).length,
  };
  log("info", "schedules_declared", counts);
}
