import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StallMeter } from "../../lib/worker/stall.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

/** A meter, and two ways for time to pass: with the event loop free or blocked. */
function metered() {
  const stalls: number[] = [];
  let now = 0;
  const meter = new StallMeter(
    (ms) => stalls.push(ms),
    () => now,
  );
  meter.start();
  return {
    meter,
    stalls,
    free(ms: number) {
      for (let passed = 0; passed < ms; passed += 10) {
        now += 10;
        vi.advanceTimersByTime(10);
      }
    },
    block(ms: number) {
      now += ms;
    },
  };
}

test("nothing is measured while the event loop is free", () => {
  const { meter, stalls, free } = metered();
  free(10_000);
  expect(meter.blockedMs).toBe(0);
  expect(stalls).toEqual([]);
});

test("a stall is measured while it lasts, and reported when it is over", () => {
  const { meter, stalls, free, block } = metered();
  free(200);
  block(1_550);
  expect(meter.blockedMs).toBe(1_500);
  expect(stalls).toEqual([]);
  free(1_000); // from the first turn after it on, the timer is on time again
  expect(meter.blockedMs).toBe(1_550);
  expect(stalls).toEqual([1_550]);
});

test("many short stalls add up, however often the meter is read", () => {
  const { meter, free, block } = metered();
  for (let i = 0; i < 20; i++) {
    block(40);
    expect(meter.blockedMs).toBe(Math.max(0, 40 * (i + 1) - 50));
  }
  free(100);
  expect(meter.blockedMs).toBeGreaterThanOrEqual(750);
});

test("a stopped meter measures nothing more", () => {
  const { meter, block } = metered();
  meter.stop();
  block(5_000);
  expect(meter.blockedMs).toBe(0);
});
