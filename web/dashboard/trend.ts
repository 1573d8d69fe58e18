import { waitingIn } from "./job-state.ts";
import type { ShownCounts } from "./shapes.ts";

/** How many jobs waited at an instant (ms). */
export interface Waited {
  at: number;
  waiting: number;
}

/** Whether a backlog shrinks is seen over at most this time, in ms, and at least a quarter of it. */
const TREND_MS = 60_000;
let waited: Waited[] = [];

/** Notes how many jobs wait now, if that is known, and returns how many waited a while ago, if the page was open then. */
export function noteWaiting(counts: ShownCounts | undefined): Waited | undefined {
  const now = Date.now();
  waited = waited.filter(({ at }) => now - at <= TREND_MS);
  if (counts) waited.push({ at: now, waiting: waitingIn(counts) });
  return waited.find(({ at }) => now - at >= TREND_MS / 4);
}
