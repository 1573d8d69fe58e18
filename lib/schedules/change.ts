import type { NextSlot } from "../queue/schedule-store.ts";
import type { Schedule } from "./schedule.ts";
import { nextSlot } from "./slots.ts";

/** A schedule as it was before a change. */
export interface ScheduleBefore extends NextSlot {
  /** Whether it was declared paused. */
  paused: boolean;
}

/**
 * Says when a schedule runs next that is made or changed now. A slot that is due is not lost: the first one of the new rule from
 * there on counts. `paused` counts where it is another than before; else the schedule stays paused, or not, as it was.
 */
export function nextAfterChange(schedule: Schedule, before: ScheduleBefore | undefined, nowMs: number): NextSlot {
  const pausedUntil = pausedAfterChange(schedule, before, nowMs);
  if (pausedUntil === Number.POSITIVE_INFINITY) return { pausedUntil };
  if (pausedUntil !== undefined) return { next: nextSlot(schedule.rule, pausedUntil - 1), pausedUntil };
  const isDue = before?.next !== undefined && before.next <= nowMs;
  return { next: nextSlot(schedule.rule, isDue ? before.next! - 1 : nowMs) };
}

function pausedAfterChange(
  { paused }: Schedule,
  before: ScheduleBefore | undefined,
  nowMs: number,
): number | undefined {
  if (paused !== (before?.paused ?? false)) return paused ? Number.POSITIVE_INFINITY : undefined;
  return before?.pausedUntil !== undefined && before.pausedUntil > nowMs ? before.pausedUntil : undefined;
}
