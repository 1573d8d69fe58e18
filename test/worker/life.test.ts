import { describe, expect, test } from "vitest";
import { Deadline } from "../../lib/worker/deadline.ts";
import { Outage } from "../../lib/worker/outage.ts";

/** A life of `lifeMs`, looked at when `leftMs` are left of it, after a run of `longestRunMs`. */
function look({ lifeMs = 60_000, leftMs = 60_000, longestRunMs = 0 }) {
  let remaining = lifeMs;
  const deadline = new Deadline({ remainingMs: () => remaining });
  if (longestRunMs > 0) deadline.noteRun(longestRunMs);
  remaining = leftMs;
  return deadline.look();
}

const GOES_ON = { stopping: undefined, mustRelease: false, isPast: false };
const STOPS = { stopping: "deadline", mustRelease: false, isPast: false };
const RELEASES = { stopping: "deadline", mustRelease: true, isPast: false };
const IS_OVER = { stopping: "deadline", mustRelease: true, isPast: true };

// A worker's life is 60 s, and 5 s of it are reserved for the end. Until a job has run, jobs are expected to take 5 s, too.
test.each([
  { with: "a whole life left", leftMs: 60_000, left: { ...GOES_ON, msToChange: 50_000 } },
  { with: "just enough left for a job", leftMs: 10_000, left: { ...GOES_ON, msToChange: 5_000 } },
  { with: "less left", leftMs: 9_999, left: STOPS },
  { with: "jobs that take a second and more than that left", leftMs: 6_000, longestRunMs: 1_000, left: GOES_ON },
  { with: "jobs that take a second and less than that left", leftMs: 5_999, longestRunMs: 1_000, left: STOPS },
  {
    with: "a job that took more than half a life and half a life left",
    leftMs: 35_000,
    longestRunMs: 50_000,
    left: GOES_ON,
  },
  { with: "only the time that is reserved for the end left", leftMs: 4_999, left: RELEASES },
  { with: "a third of that time left", leftMs: 1_666, left: IS_OVER },
  {
    with: "a short life, of which a tenth or at least 300 ms are reserved",
    lifeMs: 1_000,
    leftMs: 299,
    left: RELEASES,
  },
  { with: "no deadline", lifeMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY, left: GOES_ON },
])("with $with", ({ left, ...times }) => {
  expect(look(times)).toMatchObject(left);
});

test.each([
  { ranMs: 31_000, leftMs: 4_000, isTooLong: true },
  { ranMs: 29_000, leftMs: 4_000, isTooLong: false },
  { ranMs: 31_000, leftMs: 6_000, isTooLong: false },
])("a job that ran $ranMs ms is too long with $leftMs ms left: $isTooLong", ({ ranMs, leftMs, isTooLong }) => {
  let remaining = 60_000;
  const deadline = new Deadline({ remainingMs: () => remaining });
  remaining = leftMs;
  expect(deadline.isTooLong(ranMs)).toBe(isTooLong);
});

describe("a worker that is asked to end, with a grace of a second", () => {
  function asked() {
    const shutdown = new AbortController();
    let now = 0;
    const life = { remainingMs: () => Number.POSITIVE_INFINITY, shutdown: shutdown.signal, graceMs: 1_000 };
    const deadline = new Deadline(life, () => now);
    shutdown.abort();
    deadline.look();
    return (ms: number) => {
      now = ms;
      return deadline.look();
    };
  }
  test.each([
    { ms: 0, left: { stopping: "shutdown", mustRelease: false, isPast: false, msToChange: 1_000 } },
    { ms: 999, left: { mustRelease: false } },
    { ms: 1_000, left: { mustRelease: true, isPast: false, msToChange: 5_000 } },
    { ms: 6_001, left: { mustRelease: true, isPast: true, msToChange: Number.POSITIVE_INFINITY } },
  ])("after $ms ms", ({ ms, left }) => {
    expect(asked()(ms)).toMatchObject(left);
  });
});

describe("an outage", () => {
  test("begins when a request fails and is over when one succeeds", () => {
    const outage = new Outage();
    expect(outage.state).toBeUndefined();
    outage.noteFailure(0);
    outage.end();
    expect(outage.state).toBeUndefined();
  });

  test.each([
    { failures: 1, longestMs: 100 },
    { failures: 2, longestMs: 200 },
    { failures: 6, longestMs: 3_200 },
    { failures: 7, longestMs: 5_000 },
    { failures: 2_000, longestMs: 5_000 },
  ])("makes the worker wait for half to all of $longestMs ms after $failures failures", ({ failures, longestMs }) => {
    for (const [random, ms] of [
      [0, longestMs / 2],
      [0.5, longestMs * 0.75],
    ] as const) {
      const outage = new Outage(() => random);
      for (let i = 1; i < failures; i++) outage.noteFailure(0);
      expect(outage.noteFailure(1_000)).toBe(failures);
      expect(outage.state).toMatchObject({ retryAt: 1_000 + ms });
    }
  });

  test("makes the worker give up a minute after the first failure", () => {
    const outage = new Outage();
    outage.noteFailure(1_000);
    outage.noteFailure(30_000);
    expect(outage.state?.giveUpAt).toBe(61_000);
  });
});
