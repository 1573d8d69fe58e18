import { describe, expect, test } from "vitest";
import { type Counters, historyOf, percentilesOf } from "../../lib/queue/history.ts";
import { START } from "../support/redis.ts";

const counts = (...n: [bucket: number, count: number][]) => {
  const all = new Array<number>(32).fill(0);
  for (const [bucket, count] of n) all[bucket] = count;
  return all;
};

test.each([
  { name: "nothing", given: counts(), expected: null },
  { name: "one value below 1 ms", given: counts([0, 1]), expected: { p50: 0.5, p95: 1 } },
  { name: "one value of 4 to 8 ms", given: counts([3, 1]), expected: { p50: 6, p95: 7.8 } },
  { name: "a hundred of 4 to 8 ms", given: counts([3, 100]), expected: { p50: 6, p95: 7.8 } },
  { name: "most are fast", given: counts([1, 95], [11, 5]), expected: { p50: 1.5, p95: 2 } },
  { name: "a tenth is slow", given: counts([1, 90], [11, 10]), expected: { p50: 1.6, p95: 1_536 } },
  { name: "the longest", given: counts([31, 2]), expected: { p50: 1_610_612_736, p95: 2_093_796_556.8 } },
])("percentiles of $name", ({ given, expected }) => expect(percentilesOf(given)).toEqual(expected));

test("an estimate is at most double or half of the true value", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let run = 0; run < 200; run++) {
    const values = Array.from({ length: 1 + Math.floor(random() * 50) }, () => Math.floor(2 ** (random() * 20)));
    const all = counts();
    for (const value of values) all[Math.min(31, Math.floor(Math.log2(value)) + 1)]!++;
    const sorted = values.sort((a, b) => a - b);
    for (const [share, estimate] of [
      [0.5, percentilesOf(all)!.p50],
      [0.95, percentilesOf(all)!.p95],
    ] as const) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1]!;
      expect(estimate).toBeGreaterThanOrEqual(exact / 2);
      expect(estimate).toBeLessThanOrEqual(exact * 2);
    }
  }
});

const HOUR = 3_600_000;
const NOW = START + 25 * 60_000 + 12_345; // 08:25:12
const HOURS = Math.floor(NOW / HOUR);
const hour = (counters: [number, number][]): Counters => new Map(counters);
const nothing = { completed: 0, failed: 0, retried: 0, cancelled: 0, waitMs: null, runMs: null };

describe("the history of the last hour", () => {
  test("has a bucket for each of 60 minutes, from two hours", () => {
    const places = new Map([
      [HOURS, hour([[68 + 25 * 4, 7]])],
      [
        HOURS - 1,
        hour([
          [68 + 26 * 4 + 1, 2],
          [68 + 25 * 4, 100],
        ]),
      ],
    ]);
    const history = historyOf("hour", NOW, places);
    expect(history).toMatchObject({ range: "hour", bucketMs: 60_000, completed: 7, failed: 2 });
    expect(history.buckets).toHaveLength(60);
    expect(history.buckets[0]).toEqual({ ...nothing, at: START - 34 * 60_000, failed: 2 });
    expect(history.buckets.at(-1)).toEqual({ ...nothing, at: START + 25 * 60_000, completed: 7 });
    expect(history.buckets.slice(1, -1).every(({ completed, failed }) => completed + failed === 0)).toBe(true);
  });

  test("gives each minute the times of its ten minutes, and counts them once in all", () => {
    const places = new Map([
      [
        HOURS,
        hour([
          [308 + 2 * 64 + 3, 10],
          [308 + 2 * 64 + 32 + 5, 10],
        ]),
      ],
    ]);
    const history = historyOf("hour", NOW, places);
    const [wait, run] = [
      { p50: 6, p95: 7.8 },
      { p50: 24, p95: 31.2 },
    ];
    expect(history).toMatchObject({ waitMs: wait, runMs: run });
    expect(history.buckets.map(({ waitMs }) => waitMs)).toEqual([
      ...new Array<null>(54).fill(null),
      ...new Array(6).fill(wait),
    ]);
  });
});

test("the times of ten minutes count once in the hour, of however many minutes they are", () => {
  const places = new Map([
    [
      HOURS,
      hour([
        [308 + 1 * 64 + 8, 9],
        [308 + 2 * 64 + 3, 10],
      ]),
    ],
  ]);
  expect(historyOf("hour", NOW, places).waitMs!.p50).toBeLessThan(8); // of the ten minutes from 08:20, of which six are over
});

test.each([
  { range: "day", count: 24, bucketMs: HOUR, newest: HOURS },
  { range: "month", count: 30, bucketMs: 24 * HOUR, newest: Math.floor(NOW / (24 * HOUR)) },
] as const)(
  "the history of the last $range has $count buckets, the oldest first",
  ({ range, count, bucketMs, newest }) => {
    const places = new Map([
      [
        newest,
        hour([
          [0, 1],
          [4 + 3, 1],
        ]),
      ],
      [
        newest - count + 1,
        hour([
          [3, 5],
          [1, 2],
          [2, 4],
        ]),
      ],
      [newest - count, hour([[0, 1_000]])],
    ]);
    const history = historyOf(range, NOW, places);
    expect(history).toMatchObject({
      completed: 1,
      failed: 2,
      retried: 4,
      cancelled: 5,
      waitMs: { p50: 6 },
      runMs: null,
    });
    expect(history.buckets).toHaveLength(count);
    expect(history.buckets[0]).toEqual({
      ...nothing,
      at: (newest - count + 1) * bucketMs,
      failed: 2,
      retried: 4,
      cancelled: 5,
    });
    expect(history.buckets.at(-1)).toMatchObject({ at: newest * bucketMs, completed: 1, waitMs: { p50: 6 } });
  },
);
