import { cut } from "../text.ts";

/** The fields of a cron expression: the values that each one lists. Hours, minutes and seconds are sorted. */
export interface CronFields {
  seconds: number[];
  minutes: number[];
  hours: number[];
  days: Set<number>;
  /** `L`: the last day of a month, whichever that is. */
  hasLastDay: boolean;
  /** 1 to 12. */
  months: Set<number>;
  /** 0 is Sunday. */
  weekdays: Set<number>;
  /** `MON#2` and `FRIL`: one such day of a month. `nth`: 1 to 5, or the last one. */
  nthWeekdays: { weekday: number; nth: number | "last" }[];
  /** A day has to fit the day field and the weekday field: one of them begins with `*`. Else one of both is enough. */
  mustFitBoth: boolean;
  /** The hour is `*` or has a step: it is a rule that goes by the time that elapses, and not by the clock on the wall. */
  isByElapsedTime: boolean;
}

const NICKNAMES: Record<string, string> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

interface Field {
  name: string;
  least: number;
  most: number;
  /** The names of values, from `least` on. */
  names?: string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const SECOND: Field = { name: "second", least: 0, most: 59 };
const MINUTE: Field = { name: "minute", least: 0, most: 59 };
const HOUR: Field = { name: "hour", least: 0, most: 23 };
const DAY: Field = { name: "day", least: 1, most: 31 };
const MONTH: Field = { name: "month", least: 1, most: 12, names: MONTHS };
/** 7 is Sunday too. */
const WEEKDAY: Field = { name: "weekday", least: 0, most: 7, names: WEEKDAYS };

/**
 * Reads a cron expression: five fields, or six with seconds first, or a nickname such as `@daily`.
 *
 * @throws RangeError saying what is wrong
 */
export function cronFieldsOf(expression: string): CronFields {
  const parts = partsOf(expression.trim());
  if (parts.length === 5) parts.unshift("0");
  const [second, minute, hour, day, month, weekday] = parts as [string, string, string, string, string, string];
  const days = itemsOf(day).filter((item) => item !== "l");
  const weekdays = itemsOf(weekday).filter((item) => !NTH.test(item));
  return {
    seconds: valuesOf(itemsOf(second), SECOND),
    minutes: valuesOf(itemsOf(minute), MINUTE),
    hours: valuesOf(itemsOf(hour), HOUR),
    days: new Set(valuesOf(days, DAY)),
    hasLastDay: days.length < itemsOf(day).length,
    months: new Set(valuesOf(itemsOf(month), MONTH)),
    weekdays: new Set(valuesOf(weekdays, WEEKDAY).map((each) => each % 7)),
    nthWeekdays: itemsOf(weekday)
      .filter((item) => NTH.test(item))
      .map(nthOf),
    mustFitBoth: day.startsWith("*") || weekday.startsWith("*"),
    isByElapsedTime: /[*/]/.test(hour),
  };
}

function partsOf(expression: string): string[] {
  if (expression.startsWith("@")) {
    const meant = NICKNAMES[expression.toLowerCase()];
    if (meant === undefined)
      throw new RangeError(`unknown nickname ${expression}: known are ${Object.keys(NICKNAMES).join(", ")}`);
    return meant.split(" ");
  }
  const parts = expression === "" ? [] : expression.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6)
    throw new RangeError(
      `expected 5 fields (minute hour day month weekday), or 6 with seconds first, got ${parts.length}`,
    );
  return parts;
}

const itemsOf = (part: string) => part.toLowerCase().split(",");

const ITEM = /^(?:\*|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/;
/** `mon#2`, `1#2`, `fril`, `5l`. */
const NTH = /^([a-z]{3}|\d)(?:#(\d)|l)$/;

function valuesOf(items: string[], field: Field): number[] {
  const values = new Set(items.flatMap((item) => rangeOf(item, field)));
  return [...values].sort((a, b) => a - b);
}

function rangeOf(item: string, field: Field): number[] {
  const [match, first, last, step] = ITEM.exec(item) ?? [];
  if (match === undefined || (first !== undefined && last === undefined && step !== undefined))
    throw new RangeError(
      `${field.name}: expected *, a value, a range a-b, or a step */n or a-b/n, got ${quoted(item)}`,
    );
  const top = field === WEEKDAY ? 6 : field.most;
  const from = first === undefined ? field.least : valueIn(first, field);
  const to = first === undefined ? top : last === undefined ? from : endOf(last, field);
  if (from > to) throw new RangeError(`${field.name}: the range ${quoted(item)} ends before it begins`);
  const by = Number(step ?? 1);
  if (by < 1 || by > top - field.least + 1)
    throw new RangeError(`${field.name}: expected a step from 1 to ${top - field.least + 1}, got ${by}`);
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by);
}

function valueIn(text: string, { name, least, most, names = [] }: Field): number {
  const named = names.indexOf(text);
  const value = named === -1 ? Number(text) : named + least;
  if (value >= least && value <= most) return value;
  const or = names.length > 0 ? `, or ${names[0]!.toUpperCase()} to ${names.at(-1)!.toUpperCase()}` : "";
  throw new RangeError(`${name}: expected ${least} to ${most}${or}, got ${quoted(text)}`);
}

/** Reads the end of a range. A week that ends on a Sunday is written `MON-SUN`. */
function endOf(text: string, field: Field): number {
  return field === WEEKDAY && text === "sun" ? 7 : valueIn(text, field);
}

function nthOf(item: string): CronFields["nthWeekdays"][number] {
  const [, day, nth] = NTH.exec(item)!;
  const weekday = valueIn(day!, WEEKDAY) % 7;
  if (nth === undefined) return { weekday, nth: "last" };
  if (nth < "1" || nth > "5") throw new RangeError(`weekday: expected #1 to #5, got ${quoted(item)}`);
  return { weekday, nth: Number(nth) };
}

const quoted = (text: string) => JSON.stringify(cut(text, 40));
