import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startTicking } from "../../lib/adapters/next/own-tick.ts";
import type { DrainSummary } from "../../lib/worker/drain.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

const MINUTE = 60_000;

test("a process that serves Next.js itself looks now and once a minute", async () => {
  let looks = 0;
  startTicking(async () => ({ claimed: looks++ }) as unknown as DrainSummary, "/looks", {});
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(looks).toBe(11);
});

test("a tick looks although the drain of an earlier one has a long job; five such drains at most", async () => {
  const ends: (() => void)[] = [];
  startTicking(() => new Promise((resolve) => ends.push(() => resolve({} as DrainSummary))), "/long", {});
  await vi.advanceTimersByTimeAsync(30 * MINUTE);
  expect(ends).toHaveLength(5);
  ends[0]!();
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  expect(ends).toHaveLength(6);
});
