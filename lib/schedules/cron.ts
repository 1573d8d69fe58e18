import { type CronFields, cronFieldsOf } from "./cron-fields.ts";

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1_000;

/** No rule that ever comes pauses for longer: a 29 February that is a Monday may take 40 years to come again. */
const HORIZON_MS = 41 * 366 * DAY_MS;

/** The most expressions that are kept read. */
const KEPT = 1_000;
const kept = new Map<string, CronFields>();

/** Reads a cron expression, once. @throws RangeError saying what is wrong */
export function cronOf(expression: string): CronFields {
  let cron = kept.get(expression);
  if (!cron) {
    cron = cronFieldsOf(expression);
    if (kept.size >= KEPT) kept.clear();
    kept.set(expression, cron);
  }
  return cron;
}

/**
 * Finds the first time of the calendar after this one that fits. Times are what a clock on the wall shows, in ms as if it
 * were UTC: no zone plays a part. Undefined: none ever comes.
 */
export function nextTime(cron: CronFields, afterMs: number): number | undefined {
  const from = Math.floor(afterMs / 1_000) + 1;
  let day = Math.floor(from / DAY_SECONDS);
  const time = fitsDay(cron, day) ? nearestTime(cron, from - day * DAY_SECONDS, 1) : undefined;
  if (time !== undefined) return day * DAY_MS + time * 1_000;
  const until = day + HORIZON_MS / DAY_MS;
  do day = fitsMonth(cron, day + 1) ? day + 1 : startOfMonth(day + 1, 1);
  while (day <= until && !fitsDay(cron, day));
  return day > until ? undefined : day * DAY_MS + nearestTime(cron, 0, 1)! * 1_000;
}

/** Finds the last time of the calendar before this one that fits. */
export function previousTime(cron: CronFields, beforeMs: number): number | undefined {
  const to = Math.ceil(beforeMs / 1_000) - 1;
  let day = Math.floor(to / DAY_SECONDS);
  const time = fitsDay(cron, day) ? nearestTime(cron, to - day * DAY_SECONDS, -1) : undefined;
  if (time !== undefined) return day * DAY_MS + time * 1_000;
  const until = day - HORIZON_MS / DAY_MS;
  do day = fitsMonth(cron, day - 1) ? day - 1 : startOfMonth(day - 1, 0) - 1;
  while (day >= until && !fitsDay(cron, day));
  return day < until ? undefined : day * DAY_MS + nearestTime(cron, DAY_SECONDS, -1)! * 1_000;
}

/** Days are counted since the epoch. */
function fitsMonth({ months }: CronFields, day: number): boolean {
  return months.has(new Date(day * DAY_MS).getUTCMonth() + 1);
}

function startOfMonth(day: number, monthsLater: number): number {
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsLater, 1) / DAY_MS;
}

function fitsDay(cron: CronFields, day: number): boolean {
  if (!fitsMonth(cron, day)) return false;
  const date = new Date(day * DAY_MS);
  const ofMonth = date.getUTCDate();
  const ofWeek = date.getUTCDay();
  const last = startOfMonth(day, 1) - startOfMonth(day, 0);
  const fitsMonthDay = cron.days.has(ofMonth) || (cron.hasLastDay && ofMonth === last);
  const fitsWeekday =
    cron.weekdays.has(ofWeek) ||
    cron.nthWeekdays.some(
      ({ weekday, nth }) =>
        weekday === ofWeek && (nth === "last" ? ofMonth > last - 7 : Math.ceil(ofMonth / 7) === nth),
    );
  return cron.mustFitBoth ? fitsMonthDay && fitsWeekday : fitsMonthDay || fitsWeekday;
}

/** Finds the first time of day that fits, from this second on, or the last one up to it. In seconds since midnight. */
function nearestTime({ hours, minutes, seconds }: CronFields, second: number, direction: 1 | -1): number | undefined {
  const isPast = (time: number) => (direction === 1 ? time < second : time > second);
  for (const hour of inOrder(hours, direction)) {
    if (isPast(hour * 3_600 + (direction === 1 ? 3_599 : 0))) continue;
    for (const minute of inOrder(minutes, direction)) {
      if (isPast(hour * 3_600 + minute * 60 + (direction === 1 ? 59 : 0))) continue;
      for (const each of inOrder(seconds, direction)) {
        const time = hour * 3_600 + minute * 60 + each;
        if (!isPast(time)) return time;
      }
    }
  }
  return undefined;
}

const inOrder = (values: number[], direction: 1 | -1) => (direction === 1 ? values : values.toReversed());
