import { afterEach, expect, test, vi } from "vitest";
import { failureOf, resultOf, Stopped } from "../../lib/jobs/outcome.ts";
import { NonRetriableError, RetryAfterError, SnoozeError } from "../../lib/tasks.ts";

afterEach(() => void vi.restoreAllMocks());

const FLAT = { baseMs: 1_000, factor: 1, maxMs: 1_000 };
const retries = (spent: number, maxRetries = 3) => ({ retries: spent, maxRetries });

test.each([
  { thrown: new Error("no"), job: retries(0), outcome: "retry" },
  { thrown: new Error("no"), job: retries(2), outcome: "retry" },
  { thrown: new Error("no"), job: retries(3), outcome: "failed" },
  { thrown: new Error("no"), job: retries(0, 0), outcome: "failed" },
  { thrown: new NonRetriableError("no"), job: retries(0), outcome: "failed" },
  { thrown: new RetryAfterError(50, "busy"), job: retries(0), outcome: "retry", delayMs: 50 },
  { thrown: new RetryAfterError(50, "busy"), job: retries(3), outcome: "failed" },
  { thrown: new RetryAfterError(-5, "odd"), job: retries(0), outcome: "retry", delayMs: 0 },
  { thrown: new Stopped("timeout", "no end"), job: retries(0), outcome: "retry", error: "Timeout" },
  { thrown: "words", job: retries(0), outcome: "retry", error: "NonError", message: "words" },
])("$thrown after $job.retries of $job.maxRetries retries: $outcome", ({ thrown, job, ...expected }) => {
  expect(failureOf(thrown, job, FLAT)).toMatchObject(expected);
});

test("the errors of another copy of the package, and classes made of them, are obeyed as our own", async () => {
  vi.resetModules();
  const copy = await import("../../lib/task-errors.ts");
  class CardDeclined extends copy.NonRetriableError {
    override name = "CardDeclined";
  }
  expect(new copy.NonRetriableError("no")).not.toBeInstanceOf(NonRetriableError);
  expect(failureOf(new CardDeclined("no"), retries(0))).toMatchObject({ outcome: "failed", error: "CardDeclined" });
  expect(failureOf(new copy.RetryAfterError(50, "busy"), retries(0))).toMatchObject({ outcome: "retry", delayMs: 50 });
  expect(failureOf(new copy.SnoozeError(5_000), retries(0))).toMatchObject({ outcome: "snoozed", delayMs: 5_000 });
  const namesake = Object.assign(new Error("no"), { name: "NonRetriableError" });
  expect(failureOf(namesake, retries(0), FLAT)).toMatchObject({ outcome: "retry" });
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const snoozed = (snoozedMs: number, spent = 0) => ({ ...retries(spent), snoozedMs });
test.each([
  { ms: HOUR, job: retries(3), outcome: "snoozed", delayMs: HOUR, message: "busy" },
  { ms: DAY, job: retries(0), outcome: "snoozed", delayMs: DAY },
  { ms: HOUR, job: snoozed(DAY - HOUR), outcome: "snoozed", delayMs: HOUR },
  { ms: HOUR, job: snoozed(DAY - HOUR + 1), outcome: "retry", delayMs: HOUR, error: "SnoozeError" },
  { ms: HOUR, job: snoozed(DAY, 3), outcome: "failed", message: /3600 s later, after 86400 s .* 86400 s: busy$/ },
  { ms: DAY + 1, job: retries(0), outcome: "retry", delayMs: DAY, message: /maxSnoozeMs allows 86400 s: busy$/ },
  { ms: Number.POSITIVE_INFINITY, job: retries(0), outcome: "retry", delayMs: DAY },
  { ms: Number.POSITIVE_INFINITY, job: retries(0), max: Number.POSITIVE_INFINITY, outcome: "snoozed" },
  { ms: 365 * DAY, job: snoozed(DAY), max: Number.POSITIVE_INFINITY, outcome: "snoozed", delayMs: 365 * DAY },
  { ms: 2_000, job: snoozed(4_000), max: 5_000, outcome: "retry", delayMs: 2_000 },
  { ms: 1_000, job: retries(0), max: 0, outcome: "retry", delayMs: 500 },
  { ms: 0, job: retries(0), outcome: "snoozed", delayMs: 1_000 },
  { ms: -5, job: retries(0), outcome: "snoozed", delayMs: 1_000 },
  {
    ms: Number.NaN,
    job: retries(0),
    outcome: "retry",
    delayMs: 500,
    message: /^SnoozeError: expected a number of milliseconds, got NaN: busy$/,
  },
])("a snooze of $ms ms, at most $max, after $job: $outcome", ({ ms, job, max, message, ...expected }) => {
  const backoff = { baseMs: 500, factor: 1, maxMs: 500 };
  vi.spyOn(Math, "random").mockReturnValue(1);
  const failure = failureOf(new SnoozeError(ms, "busy"), job, backoff, max);
  expect(failure).toMatchObject(expected);
  if (message) expect(failure.message).toMatch(message);
});

const waitAfter = (thrown: unknown, spent: number, backoff?: Parameters<typeof failureOf>[2]) => {
  const failure = failureOf(thrown, retries(spent), backoff);
  return failure.outcome === "retry" ? failure.delayMs : Number.NaN;
};

test.each([
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  "5",
  "soon",
  undefined,
  null,
  {},
  new Date(5),
])("RetryAfterError(%o) is no valid wait, so the backoff decides", (delayMs) => {
  const thrown = new RetryAfterError(delayMs as number, "busy");
  expect(waitAfter(thrown, 0, FLAT)).toBeGreaterThanOrEqual(500);
  expect(waitAfter(thrown, 0, FLAT)).toBeLessThanOrEqual(1_000);
  expect(waitAfter(Object.assign(new RetryAfterError(1, "busy"), { delayMs }), 2)).toBeGreaterThanOrEqual(16_000);
});

test.each([
  { baseMs: Number.NaN },
  { factor: "x" as never },
  { maxMs: undefined as never },
  { baseMs: 0, factor: Number.POSITIVE_INFINITY },
])("a backoff that returns no number (%o) is replaced by the default one", (backoff) => {
  expect(waitAfter(new Error("no"), 1, backoff)).toBeGreaterThanOrEqual(4_000);
  expect(waitAfter(new Error("no"), 1, backoff)).toBeLessThanOrEqual(8_000);
});

test("the backoff grows with the retries already spent", () => {
  const delays = [0, 1, 2].map((spent) => {
    const failure = failureOf(new Error("no"), retries(spent), { baseMs: 100, factor: 10, maxMs: 1e6 });
    return failure.outcome === "retry" ? failure.delayMs : Number.NaN;
  });
  for (const [i, full] of [100, 1_000, 10_000].entries()) {
    expect(delays[i]).toBeGreaterThanOrEqual(full / 2);
    expect(delays[i]).toBeLessThanOrEqual(full);
  }
});

test.each([
  [undefined, undefined],
  [null, "null"],
  [{ a: [1] }, '{"a":[1]}'],
])("the result %s is kept as %s", (value, text) => {
  expect(resultOf(value)).toBe(text);
});

test.each<[string, unknown, RegExp]>([
  [
    "a number that JSON does not have",
    { items: [{}, { total: Number.NaN }] },
    /^the task ran, but JSON cannot hold its result: result.items\[1\].total: NaN is not JSON$/,
  ],
  ["a bigint", 1n, /JSON cannot hold its result: result: a bigint is not JSON/],
  ["a function", () => 1, /JSON cannot hold its result: result: a function is not JSON/],
  ["more than 256 KiB", "x".repeat(256 * 1024), /262146 bytes, more than 262144/],
])("%s is refused for good", (_, value, message) => {
  expect(() => resultOf(value)).toThrow(NonRetriableError);
  expect(() => resultOf(value)).toThrow(message);
});
