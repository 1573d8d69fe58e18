import { expect, test } from "vitest";
import { backoffMs, DEFAULT_BACKOFF } from "../../lib/backoff.ts";

const least = () => 0;
const most = () => 0.999_999_999;

test.each([
  [1, 1_000, 2_000],
  [2, 4_000, 8_000],
  [3, 16_000, 32_000],
  [4, 64_000, 128_000],
  [5, 256_000, 512_000],
  [6, 450_000, 900_000],
  [100, 450_000, 900_000],
])("after failure %i a retry waits for %i to %i ms", (failures, from, to) => {
  expect(backoffMs(DEFAULT_BACKOFF, failures, least)).toBe(from);
  expect(backoffMs(DEFAULT_BACKOFF, failures, most)).toBe(to);
});

test("a task's own backoff is followed, in whole milliseconds", () => {
  expect(backoffMs({ baseMs: 100, factor: 1.5, maxMs: 1_000 }, 2, () => 0.333)).toBe(100);
  expect(backoffMs({ baseMs: 0, factor: 4, maxMs: 1_000 }, 7)).toBe(0);
});

test("a wait that is too large for a number is the longest wait", () => {
  expect(backoffMs({ baseMs: 1, factor: 1e10, maxMs: 60_000 }, 100, least)).toBe(30_000);
});

test("jobs that failed together do not retry together", () => {
  const waits = new Set(Array.from({ length: 100 }, () => backoffMs(DEFAULT_BACKOFF, 6)));
  expect(waits.size).toBeGreaterThan(50);
});
