import type { ZoneTable } from "./transitions.ts";

const MINUTE_MS = 60_000;
const at = (date: string) => Date.parse(date);

/** A rule as a person reads it: does this minute of the clock fit? Written apart from the cron expression. */
export interface PlainRule {
  cron: string;
  isByElapsedTime: boolean;
  /** `clock`: a minute of a zone's clock, as if it were UTC. */
  fits(clock: Date): boolean;
}

/** Where a zone is looked at: every minute within three days of its changes, or every 15 minutes of its years. */
export function windowsOf(table: ZoneTable, width: "near changes" | "all"): [fromMs: number, toMs: number][] {
  const [first, last] = table.years.map((year) => Date.UTC(year, 0, 1)) as [number, number];
  const days = 3 * 24 * 60 * MINUTE_MS;
  // The zone without a change is looked at around a day on which others change.
  const changes = table.changes.length > 0 ? table.changes.map(([instant]) => at(instant)) : [at("2026-03-29T01:00Z")];
  return width === "all" ? [[first, last]] : changes.map((change) => [change - days, change + days]);
}

/** Gives the offset of a zone at an instant, by the table alone. */
export function offsetOf(table: ZoneTable, ms: number): number {
  const change = table.changes.findLast(([instant]) => at(instant) <= ms);
  return (change?.[1] ?? table.offset) * MINUTE_MS;
}

/**
 * Finds the slots in a window by walking over it, one step after another, with nothing but the table of changes. By elapsed
 * time: every instant whose clock fits. By the wall's clock: every instant that first shows a minute that fits, or that is
 * the first after it was jumped over.
 */
export function slotsByWalking(
  table: ZoneTable,
  rule: PlainRule,
  [fromMs, toMs]: [number, number],
  stepMs: number,
): number[] {
  const slots: number[] = [];
  const begin = fromMs - 2 * 24 * 60 * MINUTE_MS; // what the clock had shown before counts
  let shown = begin + offsetOf(table, begin) - stepMs;
  let offset = offsetOf(table, begin);
  const changes = new Map(table.changes.map(([instant, minutes]) => [at(instant), minutes * MINUTE_MS]));
  const clock = new Date(0);
  for (let instant = begin; instant <= toMs; instant += stepMs) {
    offset = changes.get(instant) ?? offset;
    const now = instant + offset;
    let isSlot = false;
    if (rule.isByElapsedTime) {
      clock.setTime(now);
      isSlot = rule.fits(clock);
    } else {
      for (; shown < now; shown += stepMs) {
        clock.setTime(shown + stepMs);
        isSlot ||= rule.fits(clock);
      }
    }
    if (isSlot && instant >= fromMs) slots.push(instant);
  }
  return slots;
}
