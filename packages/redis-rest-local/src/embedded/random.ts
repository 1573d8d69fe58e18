import { exactInteger } from "./args.ts";
import type { DenseMap } from "./dense-map.ts";
import { type Bytes, fail } from "./replies.ts";

const INT64_MAX = 2n ** 63n - 1n;

/** Returns a random integer from 0 to below the limit. */
export type Random = (limit: number) => number;

/** Reads how many to pick: this many different elements or, if negative, this many of which some may be the same. */
export function pickCount(text: Bytes): number {
  const value = exactInteger(text);
  if (value < -INT64_MAX) fail(`ERR value is out of range, value must between -${INT64_MAX} and ${INT64_MAX}`);
  return Number(value);
}

/** Refuses a count whose reply would be too long: with values or scores it has twice as many elements. */
export function checkPairs(count: number): void {
  if (Math.abs(count) > 2 ** 62) fail("ERR value is out of range");
}

/** Picks positions of a collection, as `pickCount` says. */
export function pick<V>(map: DenseMap<V>, count: number, random: Random): number[] {
  if (count < 0) return Array.from({ length: -count }, () => random(map.size));
  const positions = Array.from({ length: map.size }, (_, position) => position);
  if (count >= map.size) return positions;
  for (let at = 0; at < count; at++) {
    const other = at + random(map.size - at);
    [positions[at], positions[other]] = [positions[other]!, positions[at]!];
  }
  return positions.slice(0, count);
}
