import type { Keys } from "./keys.ts";

/**
 * How often each key is named in a tick's one EXISTS, which counts a key as often as it is named. Each weighs more than all those
 * before it together, so the sum says which of them are there; of the lists, only how many.
 */
const WEIGHTS = { high: 1, normal: 1, low: 1, suspects: 1, leases: 5, paused: 10, asleep: 20, scheduled: 40 } as const;

/** Lists the keys that a tick asks for, in one EXISTS. */
export function lookedAt(keys: Keys): string[] {
  const names = Object.entries(WEIGHTS) as [keyof typeof WEIGHTS, number][];
  return names.flatMap(([name, weight]) => new Array<string>(weight).fill(keys[name]));
}

/** What a tick sees: something to do, nothing at all, or a queue that is paused, where jobs may wait. */
export type TickSight = "work" | "idle" | "paused";

/** Tells by the sum of that EXISTS what a tick sees. */
export function sightOf(sum: number): TickSight {
  if (mustLook(sum)) return "work";
  return saysPaused(sum) ? "paused" : "idle";
}

function saysPaused(sum: number): boolean {
  return sum % WEIGHTS.asleep >= WEIGHTS.paused;
}

/**
 * Decides by the sum of that EXISTS whether a tick must look further, which costs several commands. Pure: its table of cases is
 * test/queue/look.test.ts.
 */
export function mustLook(sum: number): boolean {
  const { leases, paused, asleep, scheduled } = WEIGHTS;
  const isScheduled = sum >= scheduled;
  const isAsleep = sum % scheduled >= asleep;
  const isLeased = sum % paused >= leases;
  const isListed = sum % leases > 0;
  const mayBeDue = isScheduled && !isAsleep;
  return isLeased || mayBeDue || (isListed && !saysPaused(sum));
}
