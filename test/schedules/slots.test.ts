import { describe, expect, test } from "vitest";
import type { SlotRule } from "../../lib/schedules/schedule.ts";
import { finderOf, nextSlot, previousSlot, slotsBetween } from "../../lib/schedules/slots.ts";
import { offsetOf, type PlainRule, slotsByWalking, windowsOf } from "./by-the-minute.ts";
import { ZONES } from "./transitions.ts";

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

const EVERY_MINUTE: PlainRule[] = [
  { cron: "* * * * *", isByElapsedTime: true, fits: () => true },
  { cron: "*/5 * * * *", isByElapsedTime: true, fits: (clock) => clock.getUTCMinutes() % 5 === 0 },
];
/** All their minutes are multiples of 15, as are all offsets in the table. */
const RARE: PlainRule[] = [
  { cron: "0 * * * *", isByElapsedTime: true, fits: (clock) => clock.getUTCMinutes() === 0 },
  { cron: "30 2 * * *", isByElapsedTime: false, fits: (clock) => isAt(clock, 2, 30) },
  { cron: "0 0 * * *", isByElapsedTime: false, fits: (clock) => isAt(clock, 0, 0) },
  { cron: "0 0 31 * *", isByElapsedTime: false, fits: (clock) => isAt(clock, 0, 0) && clock.getUTCDate() === 31 },
  { cron: "0 9 * * 1-5", isByElapsedTime: false, fits: (clock) => isAt(clock, 9, 0) && clock.getUTCDay() % 6 !== 0 },
  { cron: "*/15 1,2 * * *", isByElapsedTime: false, fits: (clock) => [1, 2].includes(clock.getUTCHours()) },
  {
    cron: "30 */2 * * *",
    isByElapsedTime: true,
    fits: (clock) => clock.getUTCHours() % 2 === 0 && isAtMinute(clock, 30),
  },
];
const isAtMinute = (clock: Date, minute: number) => clock.getUTCMinutes() === minute;
const isAt = (clock: Date, hour: number, minute: number) => clock.getUTCHours() === hour && isAtMinute(clock, minute);

function slotsOf(rule: SlotRule, [fromMs, toMs]: [number, number], which: "first" | "last"): number[] {
  return slotsBetween(finderOf(rule), fromMs, toMs, 100_000, which);
}

/** Says where two lists first differ. Undefined: nowhere. (A list has up to 90,000 slots.) */
function difference(actual: number[], expected: number[]): string | undefined {
  const count = Math.max(actual.length, expected.length);
  for (let i = 0; i < count; i++)
    if (actual[i] !== expected[i]) return `${inWords(actual[i])}, not ${inWords(expected[i])}`;
  return undefined;
}

const inWords = (slot: number | undefined) => (slot === undefined ? "the end" : new Date(slot).toISOString());

function offsetInWords(zone: string, ms: number): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(ms);
  return parts.find(({ type }) => type === "timeZoneName")!.value;
}

function written(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / MINUTE_MS;
  const two = (number: number) => String(number).padStart(2, "0");
  return `GMT${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

describe.each(Object.entries(ZONES))("in %s", (timeZone, table) => {
  test("the table of changes is what Intl says, just before and just after each", () => {
    const instants = [Date.UTC(table.years[0], 0, 1), ...table.changes.map(([instant]) => Date.parse(instant))];
    for (const ms of instants.flatMap((instant) => [instant - 1_000, instant]))
      if (ms >= instants[0]!) expect(offsetInWords(timeZone, ms)).toBe(written(offsetOf(table, ms)));
  });

  test.each(EVERY_MINUTE)("$cron has the slots near each change that walking over its minutes finds", (plain) => {
    const rule = { cron: plain.cron, timeZone };
    for (const window of windowsOf(table, "near changes")) {
      const expected = slotsByWalking(table, plain, window, MINUTE_MS);
      expect(expected.length).toBeGreaterThan(6 * 24 * 11);
      expect(difference(slotsOf(rule, window, "first"), expected)).toBeUndefined();
      expect(difference(slotsOf(rule, window, "last"), expected)).toBeUndefined();
    }
  });

  test.each(RARE)("$cron has the slots over ten years that walking over its clock finds", (plain) => {
    const rule = { cron: plain.cron, timeZone };
    for (const window of windowsOf(table, "all")) {
      const expected = slotsByWalking(table, plain, window, QUARTER_MS);
      expect(expected.length).toBeGreaterThan(60);
      expect(expected.length).toBeLessThan(100_000);
      expect(difference(slotsOf(rule, window, "first"), expected)).toBeUndefined();
      expect(difference(slotsOf(rule, window, "last"), expected)).toBeUndefined();
    }
  });

  test.each(RARE)("$cron has the same neighbours at every quarter of an hour near each change", (plain) => {
    const rule = { cron: plain.cron, timeZone };
    const expected = slotsByWalking(table, plain, windowsOf(table, "all")[0]!, QUARTER_MS);
    let next = 0;
    for (const [fromMs, toMs] of windowsOf(table, "near changes"))
      for (let instant = fromMs + DAY_MS; instant < toMs - DAY_MS; instant += QUARTER_MS) {
        while (expected[next]! <= instant) next++;
        const previous = expected[next - 1] === instant ? next - 2 : next - 1;
        const found = [previousSlot(rule, instant)!, nextSlot(rule, instant)!];
        const wrong = difference(found, [expected[previous]!, expected[next]!]);
        if (wrong !== undefined) expect.fail(`beside ${inWords(instant)}: ${wrong}`);
      }
  });
});

test.each([
  ["the hour that is left out", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", "2026-03-29T01:00Z"],
  ["the hour that comes twice", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T00:30Z"],
  ["after the first of two", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:30Z", "2026-10-26T01:30Z"],
  ["between the two", "30 2 * * *", "Europe/Berlin", "2026-10-25T01:15Z", "2026-10-26T01:30Z"],
  ["a midnight that is left out", "0 0 * * *", "America/Santiago", "2026-09-05T12:00Z", "2026-09-06T04:00Z"],
  ["a half hour that is left out", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00Z", "2026-10-03T15:30Z"],
  ["a day that is left out", "0 9 30 * *", "Pacific/Apia", "2011-12-29T12:00Z", "2011-12-30T10:00Z"],
  ["two rules' worth on one instant", "0 0 * * *", "Pacific/Apia", "2011-12-30T10:00Z", "2011-12-31T10:00Z"],
  ["each five minutes through the change", "*/5 * * * *", "Europe/Berlin", "2026-03-29T00:55Z", "2026-03-29T01:00Z"],
  ["seconds", "*/20 * * * * *", "UTC", "2026-03-29T00:55:20Z", "2026-03-29T00:55:40Z"],
  ["within a second", "* * * * * *", "UTC", "2026-03-29T00:55:20.999Z", "2026-03-29T00:55:21Z"],
  ["29 February", "0 0 29 2 *", "Europe/Berlin", "2026-03-29T00:55Z", "2028-02-28T23:00Z"],
])("%s", (_, cron, timeZone, after, expected) => {
  expect(new Date(nextSlot({ cron, timeZone }, Date.parse(after))!)).toEqual(new Date(expected));
});

test("slots of a length of time are its multiples since the epoch", () => {
  const rule = { everyMs: QUARTER_MS };
  const noon = Date.UTC(2026, 0, 1, 12);
  expect(nextSlot(rule, noon)).toBe(noon + QUARTER_MS);
  expect(nextSlot(rule, noon - 1)).toBe(noon);
  expect(previousSlot(rule, noon)).toBe(noon - QUARTER_MS);
  expect(previousSlot(rule, noon + 1)).toBe(noon);
});

test("a rule that never comes has no slot", () => {
  expect(nextSlot({ cron: "0 0 31 2 *", timeZone: "Europe/Berlin" }, 0)).toBeUndefined();
  expect(previousSlot({ cron: "0 * 31 2 *", timeZone: "Europe/Berlin" }, Date.UTC(2026, 0, 1))).toBeUndefined();
});

test("slots between two instants include both, and are cut at the end that is far", () => {
  const find = finderOf({ everyMs: 1_000 });
  expect(slotsBetween(find, 1_000, 3_000, 10, "first")).toEqual([1_000, 2_000, 3_000]);
  expect(slotsBetween(find, 1_000, 3_000, 2, "first")).toEqual([1_000, 2_000]);
  expect(slotsBetween(find, 1_000, 3_000, 2, "last")).toEqual([2_000, 3_000]);
  expect(slotsBetween(find, 1_001, 1_999, 2, "last")).toEqual([]);
  expect(slotsBetween(find, 1_000, 3_000, 0, "first")).toEqual([]);
});
