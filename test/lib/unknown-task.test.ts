import fc from "fast-check";
import { expect, test } from "vitest";
import { DEFAULT_UNKNOWN_TASK_MS, unknownTask } from "../../lib/worker/unknown-task.ts";
import { START } from "../support/redis.ts";

const SETTINGS = { unknownTaskMs: DEFAULT_UNKNOWN_TASK_MS, lingerMs: 10_000 };
const MINUTE = 60_000;

/** Decides about a job whose task has been unknown for this long, after this many tries. */
function decide(ageMs: number, triesBefore: number, settings = SETTINGS) {
  const unknown = triesBefore === 0 ? {} : { unknownSince: START, unknownTries: triesBefore };
  return unknownTask({ task: "mail", ...unknown }, START + ageMs, settings);
}

test.each([
  { what: "the first try", ageMs: 0, tries: 0, delayMs: 15_000 },
  { what: "half of its age would be less than 15 s", ageMs: 29_000, tries: 2, delayMs: 15_000 },
  { what: "half of its age", ageMs: 80_000, tries: 4, delayMs: 40_000 },
  { what: "half of its age, in whole seconds", ageMs: 80_900, tries: 4, delayMs: 40_000 },
  { what: "half of its age would be more than a minute", ageMs: 5 * MINUTE, tries: 8, delayMs: 60_000 },
  { what: "its time is over, but it had too few tries", ageMs: 60 * MINUTE, tries: 8, delayMs: 60_000 },
  { what: "it was tried often, but its time is not over", ageMs: 15 * MINUTE - 1, tries: 500, delayMs: 60_000 },
  { what: "the clock went back", ageMs: -5_000, tries: 3, delayMs: 15_000 },
  { what: "workers wait for longer than that", ageMs: 0, tries: 0, lingerMs: 40_000, delayMs: 41_000 },
])("a job is given back for $delayMs ms: $what", ({ ageMs, tries, delayMs, lingerMs = 10_000 }) => {
  expect(decide(ageMs, tries, { ...SETTINGS, lingerMs })).toEqual({ outcome: "deferred", delayMs });
});

test("a job whose task stays unknown for its whole time and ten tries fails, and the message says what to do", () => {
  expect(decide(15 * MINUTE, 9)).toEqual({
    outcome: "failed",
    error: "UnknownTask",
    message:
      'no worker knew the task "mail" in 15 minutes and 10 tries: deploy it, or give each application that shares the Redis a KEY_PREFIX of its own; then retry the job',
  });
  expect(decide(2 * MINUTE, 9, { ...SETTINGS, unknownTaskMs: 2 * MINUTE })).toMatchObject({ outcome: "failed" });
});

test("whatever its record says, a job is given back for 15 to 60 s beyond the linger, or fails when its time is over", () => {
  const instant = fc.oneof(fc.integer({ min: 0, max: 1e15 }), fc.double({ noNaN: true }));
  const job = fc.record({
    task: fc.string(),
    unknownSince: fc.option(instant, { nil: undefined }),
    unknownTries: fc.option(fc.double(), { nil: undefined }),
  });
  const settings = fc.record({
    unknownTaskMs: fc.integer({ min: 1, max: 1e9 }),
    lingerMs: fc.integer({ min: 0, max: 600_000 }),
  });
  let ran = 0;
  fc.assert(
    fc.property(job, fc.integer({ min: 0, max: 1e15 }), settings, (of, now, each) => {
      ran++;
      const decided = unknownTask(of, now, each);
      if (decided.outcome === "failed") {
        expect(now - of.unknownSince!).toBeGreaterThanOrEqual(each.unknownTaskMs);
        expect(of.unknownTries! + 1).toBeGreaterThanOrEqual(10);
        return;
      }
      expect(decided.delayMs).toBeGreaterThan(each.lingerMs);
      expect(decided.delayMs).toBeGreaterThanOrEqual(15_000);
      expect(decided.delayMs).toBeLessThanOrEqual(Math.max(60_000, each.lingerMs + 1_000));
    }),
    { numRuns: 1_000 },
  );
  expect(ran).toBe(1_000);
});
