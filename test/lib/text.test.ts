import fc from "fast-check";
import { expect, test } from "vitest";
import { failureOf } from "../../lib/jobs/outcome.ts";
import type { Job } from "../../lib/queue/job.ts";
import { settling } from "../../lib/queue/settling.ts";
import { listedView } from "../../lib/routes/view.ts";
import { faultAt } from "../../lib/schema/check.ts";
import { cut } from "../../lib/text.ts";
import { HeldAttempt } from "../../lib/worker/attempt.ts";
import { RunContext } from "../../lib/worker/context.ts";

/** Whether a text survives UTF-8, which has no half characters. */
const isWhole = (text: string) => Buffer.from(text).toString() === text;

const text = fc.string({ unit: fc.constantFrom("a", "é", "漢", "😀", "👩‍👩‍👧"), size: "medium" });

test("a cut text is the longest start of the text that fits and has only whole characters", () => {
  fc.assert(
    fc.property(text, fc.nat({ max: 80 }), (whole, length) => {
      const part = cut(whole, length);
      expect(whole.startsWith(part)).toBe(true);
      expect(isWhole(part)).toBe(true);
      expect(part.length).toBeLessThanOrEqual(length);
      if (part.length < whole.length)
        expect(part.length + [...whole.slice(part.length)][0]!.length).toBeGreaterThan(length);
    }),
    { numRuns: 2_000 },
  );
});

test("any text that fits stays unchanged, including its own half characters", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (whole) => void expect(cut(whole, whole.length)).toBe(whole)));
  expect(["\ud800x", "\ud800\ud800", "x\udc00y"].map((each) => cut(each, 1))).toEqual(["\ud800", "\ud800", "x"]);
  expect([0, -1, Number.NaN, 1.9, 2.9].map((length) => cut("a😀", length))).toEqual(["", "", "", "a", "a"]);
});

/** Long texts of emoji, so that every cut, at an even or an odd place, would split one. */
const LONG = ["", "x"].map((first) => first + "😀".repeat(10_000));

test.each(LONG)("every cut is between two characters", (long) => {
  const cuts = [
    failureOf(new Error(long), { retries: 0, maxRetries: 0 }).message,
    faultAt("", [long], "wrong").detail,
    listedView({ ...job, attempts: [{ ...ended, message: long }] }, "failed").error!,
    noteOf(long),
    ...settling([{ id: "a", token: "w.1", outcome: "failed", error: long, message: long }]),
  ];
  for (const each of cuts) {
    expect(each.length).toBeLessThan(17_000);
    expect(each).not.toMatch(/\\ud[89a-f]/); // how JSON writes half a character
    expect(isWhole(each)).toBe(true);
  }
});

const ended = { attempt: 1, outcome: "failed", startedAt: 0, endedAt: 0, worker: "w", error: "E" } as const;
const job: Job = {
  id: "a",
  task: "t",
  priority: "normal",
  status: "failed",
  retries: 0,
  maxRetries: 0,
  createdAt: 0,
  attempts: [],
};

function noteOf(note: string): string {
  const unused = () => Promise.reject(new Error("unused"));
  const events = {
    ended: () => {},
    progressed: () => {},
    said: () => {},
    submit: unused,
    blockedMs: () => 0,
    computed: () => {},
  };
  const attempt = new HeldAttempt({ job, token: "w.1" }, { sentAt: 0, answeredAt: 0, redisNow: 0 }, events);
  new RunContext(attempt, {}, new Map()).progress(50, note);
  return attempt.lease().progress!.note!;
}
