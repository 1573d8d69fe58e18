import type { ScheduleEntry } from "../queue/schedule-store.ts";
import { scheduleFromJson } from "../schedules/definition.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { nextSlot } from "../schedules/slots.ts";
import type { ScheduleView } from "./described/schedule-view.ts";
import { parsed } from "./details.ts";
import { rfc3339 } from "./instant.ts";

/** How many slots a schedule shows. */
const NEXT_RUNS = 3;

/** Says whether a schedule is paused. A pause whose end is past is over. */
export function isPausedAt({ pausedUntil }: ScheduleEntry, nowMs: number): boolean {
  return pausedUntil !== undefined && pausedUntil > nowMs;
}

/** Shows a schedule as a client sees it, by Redis' clock. The payload of a sensitive task is for `admin` alone. */
export function scheduleViewOf(entry: ScheduleEntry, nowMs: number, isAdmin: boolean): ScheduleView {
  const schedule = scheduleFromJson(entry.json);
  const { name, last, pausedUntil } = entry;
  const isPaused = isPausedAt(entry, nowMs);
  return {
    name,
    ...(schedule ? shownDefinition(schedule, isAdmin) : UNREADABLE),
    paused: isPaused,
    ...(isPaused && pausedUntil! < Infinity ? { paused_until: rfc3339(pausedUntil!) } : {}),
    next_runs: nextRuns(entry, schedule).map(rfc3339),
    ...(last === undefined ? {} : { last_run: { slot: rfc3339(last.slot), job_id: last.jobId } }),
  };
}

type ShownDefinition = Omit<ScheduleView, "name" | "paused" | "paused_until" | "next_runs" | "last_run">;

function shownDefinition(schedule: Schedule, isAdmin: boolean): ShownDefinition {
  const { rule, payload, sensitive, jitterMs } = schedule;
  const value = sensitive && !isAdmin ? undefined : parsed(payload);
  return {
    task: schedule.task,
    ...(value === undefined ? {} : { payload: value }),
    ...("cron" in rule ? { cron: rule.cron, time_zone: rule.timeZone } : { every_seconds: rule.everyMs / 1_000 }),
    catch_up: schedule.catchUp,
    overlap: schedule.overlap,
    jitter_seconds: jitterMs / 1_000,
    priority: schedule.priority,
    source: schedule.source,
  };
}

/** What is shown in place of a definition that cannot be read. */
const UNREADABLE: ShownDefinition = {
  task: "",
  catch_up: "last",
  overlap: "skip",
  jitter_seconds: 0,
  priority: "normal",
  source: "api",
  unreadable: true,
};

/** Lists the next slots. The first one is in the store; it is past where no worker has fired it yet. */
function nextRuns({ next }: ScheduleEntry, schedule: Schedule | undefined): number[] {
  if (next === undefined) return [];
  if (!schedule) return [next];
  const slots = [next];
  for (let slot: number | undefined = next; slots.length < NEXT_RUNS; slots.push(slot)) {
    slot = nextSlot(schedule.rule, slot);
    if (slot === undefined) break;
  }
  return slots;
}
