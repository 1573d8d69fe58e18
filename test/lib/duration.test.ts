import { expect, test } from "vitest";
import { durationMs } from "../../lib/duration.ts";

test.each([
  ["250ms", 250],
  ["1 millisecond", 1],
  ["30s", 30_000],
  ["1 second", 1_000],
  ["15 minutes", 900_000],
  ["15m", 900_000],
  ["1.5h", 5_400_000],
  ["2 hours", 7_200_000],
  ["1 day", 86_400_000],
  ["7d", 604_800_000],
  ["2 weeks", 1_209_600_000],
])("%s is a length of time", (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test.each(["", "5", "minutes", "-5s", "5 fortnights", "5  s", "5s ", ".5s", "1e3s", "5S", "1h30m"])(
  "%j is none",
  (text) => {
    expect(durationMs(text)).toBeUndefined();
  },
);
