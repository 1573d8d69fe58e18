import { Cron } from "croner";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cronOf, nextTime, previousTime } from "../../lib/schedules/cron.ts";

/** croner is our second opinion: on what an expression means in UTC, and on what is none. */
function cronerOf(expression: string): Cron {
  const fields = expression.trim().split(/\s+/);
  const [day, weekday] = [fields.at(-3) ?? "", fields.at(-1)!];
  // It takes only a bare * for a field that is left open; crontab's manual says "starts with *", so that */2 is open too.
  const domAndDow = day.startsWith("*") || weekday.startsWith("*");
  return new Cron(expression, { mode: "5-or-6-parts", utcOffset: 0, domAndDow });
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

const MONTHS = ["JAN", "feb", "Mar", "DEC"];
const WEEKDAYS = ["SUN", "mon", "Fri", "sat"];

/** A field as people write them, and as they get them wrong: values a little out of range, steps of 0, ranges backwards. */
function field(least: number, most: number, names: string[], special: string[] = []): fc.Arbitrary<string> {
  const number = fc.integer({ min: Math.max(0, least - 1), max: most + 1 }).map(String);
  const value = names.length > 0 ? fc.oneof(number, fc.constantFrom(...names)) : number;
  const step = fc.integer({ min: 0, max: most + 2 });
  // Not out of range: croner lets it pass (`0-60/7`) where the steps do not reach it.
  const end = fc.integer({ min: least, max: most }).map(String);
  const range = fc.tuple(value, value).map(([from, to]) => `${from}-${to}`);
  const item = fc.oneof(
    { arbitrary: value, weight: 5 },
    { arbitrary: range, weight: 3 },
    fc.tuple(value, end, step).map(([from, to, by]) => `${from}-${to}/${by}`),
    step.map((by) => `*/${by}`),
    ...(special.length > 0 ? [fc.constantFrom(...special)] : []),
  );
  const list = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
  return fc.oneof({ arbitrary: fc.constant("*"), weight: 3 }, { arbitrary: list, weight: 2 });
}

const expressions = fc
  .record({
    second: fc.option(field(0, 59, []), { nil: undefined }),
    minute: field(0, 59, []),
    hour: field(0, 23, []),
    day: field(1, 31, [], ["L"]),
    month: field(1, 12, MONTHS),
    weekday: field(0, 7, WEEKDAYS, ["MON#1", "5#5", "0#6", "FRIL", "2L"]),
  })
  .map(({ second, minute, hour, day, month, weekday }) =>
    [second, minute, hour, day, month, weekday].filter((each) => each !== undefined).join(" "),
  );

test("what is a cron expression for us is one for croner, and the other way round", () => {
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(expressions, (expression) => {
      const is = isRead(() => cronOf(expression));
      seen[is ? "read" : "refused"]++;
      expect(is, expression).toBe(isRead(() => cronerOf(expression)));
    }),
    { numRuns: 5_000 },
  );
  expect(seen.read).toBeGreaterThan(1_000);
  expect(seen.refused).toBeGreaterThan(1_000);
});

test("times come when croner says, forwards and backwards", () => {
  let compared = 0;
  const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2060, 0, 1) });
  fc.assert(
    fc.property(expressions, instants, (expression, instant) => {
      if (!isRead(() => cronOf(expression))) return;
      const theirs = cronerOf(expression).nextRun(new Date(instant));
      expect([expression, nextTime(cronOf(expression), instant)]).toEqual([expression, theirs?.getTime()]);
      compared++;
      if (theirs) return;
      expect(previousTime(cronOf(expression), instant)).toBeUndefined();
    }),
    { numRuns: 5_000 },
  );
  expect(compared).toBeGreaterThan(1_000);
});

test("the times before an instant are those that come after an earlier one", () => {
  const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2060, 0, 1) });
  fc.assert(
    fc.property(expressions, instants, (expression, instant) => {
      if (!isRead(() => cronOf(expression))) return;
      const cron = cronOf(expression);
      const previous = previousTime(cron, instant);
      if (previous === undefined) return void expect(nextTime(cron, instant)).toBeUndefined();
      expect(previous).toBeLessThan(instant);
      expect(nextTime(cron, previous - 1)).toBe(previous);
      expect(nextTime(cron, previous)).toBeGreaterThanOrEqual(instant);
    }),
    { numRuns: 5_000 },
  );
});

test.each(["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually", "@Daily", " @daily "])(
  "%s is what croner takes it for",
  (nickname) => {
    const instant = Date.UTC(2026, 1, 3, 4, 5, 6);
    expect(nextTime(cronOf(nickname), instant)).toBe(
      new Cron(nickname, { utcOffset: 0 }).nextRun(new Date(instant))!.getTime(),
    );
  },
);

test.each([
  ["", "expected 5 fields (minute hour day month weekday), or 6 with seconds first, got 0"],
  ["0 0 * *", "got 4"],
  ["0 0 0 * * * 2030", "got 7"],
  ["@never", "unknown nickname @never: known are @hourly, @daily"],
  ["@reboot", "unknown nickname @reboot"],
  ["61 * * * *", 'minute: expected 0 to 59, got "61"'],
  ["0 24 * * *", 'hour: expected 0 to 23, got "24"'],
  ["0 0 0 * *", 'day: expected 1 to 31, got "0"'],
  ["0 0 1 13 *", 'month: expected 1 to 12, or JAN to DEC, got "13"'],
  ["0 0 * * MOON", 'weekday: expected 0 to 7, or SUN to SAT, got "moon"'],
  ["0 0 * * FRI-MON", 'weekday: the range "fri-mon" ends before it begins'],
  ["*/0 * * * *", "minute: expected a step from 1 to 60, got 0"],
  ["5/10 * * * *", 'minute: expected *, a value, a range a-b, or a step */n or a-b/n, got "5/10"'],
  ["1,,2 * * * *", 'got ""'],
  ["0 0 ? * *", 'day: expected *, a value, a range a-b, or a step */n or a-b/n, got "?"'],
  ["0 0 15W * *", 'got "15w"'],
  ["0 0 * * MON#6", 'weekday: expected #1 to #5, got "mon#6"'],
  ["one two three four five", 'minute: expected 0 to 59, got "one"'],
])("%j is refused with a reason", (expression, reason) => {
  expect(() => cronOf(expression)).toThrow(reason);
});

test.each([
  ["*/2 days and Mondays: both, as in crontab's manual", "0 0 */2 * MON", "2026-06-01T00:00Z", "2026-06-15T00:00Z"],
  ["the 13th or a Friday: one is enough", "0 0 13 * FRI", "2026-06-01T00:00Z", "2026-06-05T00:00Z"],
  ["the last day of February", "0 0 L 2 *", "2028-02-01T00:00Z", "2028-02-29T00:00Z"],
  ["a fifth Monday that is a 29 February", "0 0 * 2 MON#5", "2026-06-01T00:00Z", "2044-02-29T00:00Z"],
  ["the longest wait, over a year without a leap day", "0 0 */28 2 MON#5", "2072-03-01T00:00Z", "2112-02-29T00:00Z"],
])("%s", (_, expression, after, expected) => {
  expect(new Date(nextTime(cronOf(expression), Date.parse(after))!)).toEqual(new Date(expected));
});
