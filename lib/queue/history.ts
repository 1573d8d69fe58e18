import type { HistoryCounts, HistoryRange, Percentiles, QueueHistory } from "./history-ranges.ts";
import type { JobQueue } from "./job-queue.ts";
import { chart } from "./list-scripts.ts";
import { pairs } from "./script.ts";

/** What a string of the history holds: how many, by counter. The header of scripts/parts/history_counts.lua has the counters. */
export type Counters = ReadonlyMap<number, number>;

const MINUTE = 60_000;
const SCALES = {
  hour: { bucketMs: MINUTE, count: 60 },
  day: { bucketMs: 60 * MINUTE, count: 24 },
  month: { bucketMs: 1_440 * MINUTE, count: 30 },
};
const BUCKETS = 32;
const TIMES = 4;
const MINUTES = 68;
const TENS = 308;

/** Reads the history. Three commands, and a few kilobytes at most. */
export async function readHistory(queue: JobQueue, range: HistoryRange): Promise<QueueHistory> {
  const [now, ...places] = await queue.read(chart, { range });
  const read = pairs(places).map(([place, counters]): [number, Counters] => [Number(place), countersIn(counters)]);
  return { ...historyOf(range, Number(now), new Map(read)), isKept: queue.keepsHistory === 1 };
}

function countersIn(text: string): Counters {
  return new Map(pairs(text.split(" ")).map(([counter, n]) => [Number(counter), Number(n)]));
}

/** Makes a history of the counters of its hours or days, by their number since the epoch. Pure. */
export function historyOf(
  range: HistoryRange,
  now: number,
  places: ReadonlyMap<number, Counters>,
): Omit<QueueHistory, "isKept"> {
  const { bucketMs, count } = SCALES[range];
  const newest = Math.floor(now / bucketMs);
  const numbers = Array.from({ length: count }, (_, i) => newest - count + 1 + i);
  const tens = new Map<number, readonly number[]>();
  const parts = numbers.map((number) =>
    range === "hour" ? minuteOf(number, places, tens) : wholeOf(places.get(number)),
  );
  const times = range === "hour" ? [...tens.values()] : parts.map((part) => part.times);
  const buckets = parts.map((part, i) => ({ at: numbers[i]! * bucketMs, ...countsOf([part.ends], [part.times]) }));
  const ends = parts.map((part) => part.ends);
  return { range, now, bucketMs, buckets, ...countsOf(ends, times) };
}

/** How many ended how, in the order of the outcomes; and how many took how long: 32 buckets of waits, then 32 of runs. */
interface Tally {
  ends: readonly number[];
  times: readonly number[];
}

const NOTHING: Tally = { ends: [0, 0, 0, 0], times: [] };

function wholeOf(counters: Counters | undefined): Tally {
  return counters ? { ends: listed(counters, 0, TIMES), times: listed(counters, TIMES, 2 * BUCKETS) } : NOTHING;
}

/** Reads a minute. `tens` gets the times of its ten minutes, once for each ten. */
function minuteOf(number: number, hours: ReadonlyMap<number, Counters>, tens: Map<number, readonly number[]>): Tally {
  const counters = hours.get(Math.floor(number / 60));
  if (!counters) return NOTHING;
  const minute = number % 60;
  const ten = Math.floor(minute / 10);
  const times = tens.get(number - (minute % 10)) ?? listed(counters, TENS + ten * 2 * BUCKETS, 2 * BUCKETS);
  tens.set(number - (minute % 10), times);
  return { ends: listed(counters, MINUTES + minute * TIMES, TIMES), times };
}

function listed(counters: Counters, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => counters.get(from + i) ?? 0);
}

function countsOf(ends: readonly (readonly number[])[], times: readonly (readonly number[])[]): HistoryCounts {
  const [completed, failed, retried, cancelled] = [0, 1, 2, 3].map((kind) => sum(ends.map((each) => each[kind]!)));
  const all = Array.from({ length: 2 * BUCKETS }, (_, i) => sum(times.map((each) => each[i] ?? 0)));
  const isWait = (_: number, i: number) => i < BUCKETS;
  return {
    completed: completed!,
    failed: failed!,
    retried: retried!,
    cancelled: cancelled!,
    waitMs: percentilesOf(all.filter(isWait)),
    runMs: percentilesOf(all.slice(BUCKETS)),
  };
}

/** Estimates percentiles from a count for each power of two. */
export function percentilesOf(counts: readonly number[]): Percentiles | null {
  const total = sum(counts);
  return total === 0 ? null : { p50: quantile(counts, 0.5 * total), p95: quantile(counts, 0.95 * total) };
}

/** Finds the bucket that the rank lies in, and supposes that its values are spread evenly. */
function quantile(counts: readonly number[], rank: number): number {
  let before = 0;
  for (const [i, n] of counts.entries()) {
    if (n > 0 && before + n >= rank) {
      const least = i === 0 ? 0 : 2 ** (i - 1);
      const most = 2 ** i;
      return Math.round((least + ((most - least) * (rank - before)) / n) * 10) / 10;
    }
    before += n;
  }
  return 2 ** (counts.length - 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
