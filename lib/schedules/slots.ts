import { cronOf, nextTime, previousTime } from "./cron.ts";
import type { CronFields } from "./cron-fields.ts";
import type { SlotRule } from "./schedule.ts";
import { instantOf, shownBy, stretchAt } from "./zone.ts";

/**
 * Finds the first slot of a rule after an instant. Undefined: none ever comes. A rule by the wall's clock runs once for each
 * time that it names: one that does not exist counts as the next valid instant, of one that comes twice the first counts. A
 * rule whose hour is `*` or has a step goes by the time that elapses (as in Vixie cron): it runs whenever the clock fits.
 *
 * @throws RangeError where the rule cannot be read
 */
export function nextSlot(rule: SlotRule, afterMs: number): number | undefined {
  if ("everyMs" in rule) return (Math.floor(afterMs / rule.everyMs) + 1) * rule.everyMs;
  const cron = cronOf(rule.cron);
  if (cron.isByElapsedTime) return nextElapsed(cron, rule.timeZone, afterMs);
  const time = nextTime(cron, shownBy(rule.timeZone, afterMs));
  return time === undefined ? undefined : instantOf(rule.timeZone, time);
}

/** Finds the last slot of a rule before an instant. */
export function previousSlot(rule: SlotRule, beforeMs: number): number | undefined {
  if ("everyMs" in rule) return (Math.ceil(beforeMs / rule.everyMs) - 1) * rule.everyMs;
  const cron = cronOf(rule.cron);
  if (cron.isByElapsedTime) return previousElapsed(cron, rule.timeZone, beforeMs);
  const time = previousTime(cron, shownBy(rule.timeZone, beforeMs - 1) + 1);
  return time === undefined ? undefined : instantOf(rule.timeZone, time);
}

function nextElapsed(cron: CronFields, zone: string, afterMs: number): number | undefined {
  for (let after = afterMs; ; ) {
    const { toMs, offsetMs } = stretchAt(zone, after + 1);
    const time = nextTime(cron, after + offsetMs);
    if (time === undefined || time - offsetMs < toMs) return time === undefined ? undefined : time - offsetMs;
    after = toMs - 1;
  }
}

function previousElapsed(cron: CronFields, zone: string, beforeMs: number): number | undefined {
  for (let before = beforeMs; ; ) {
    const { fromMs, offsetMs } = stretchAt(zone, before - 1);
    const time = previousTime(cron, before + offsetMs);
    if (time === undefined || time - offsetMs >= fromMs) return time === undefined ? undefined : time - offsetMs;
    before = fromMs;
  }
}

/** Finds slots of a rule, given as functions: a test counts their calls. */
export interface SlotFinder {
  next(afterMs: number): number | undefined;
  previous(beforeMs: number): number | undefined;
}

/** Makes what finds the slots of a rule. */
export function finderOf(rule: SlotRule): SlotFinder {
  return { next: (afterMs) => nextSlot(rule, afterMs), previous: (beforeMs) => previousSlot(rule, beforeMs) };
}

/** Lists the first slots from `fromMs` to `toMs`, both included, or the last ones: at most `max`, in order. */
export function slotsBetween(
  find: SlotFinder,
  fromMs: number,
  toMs: number,
  max: number,
  which: "first" | "last",
): number[] {
  const slots: number[] = [];
  const step = (at: number | undefined) =>
    which === "first" ? find.next(at ?? fromMs - 1) : find.previous(at ?? toMs + 1);
  let slot = max > 0 ? step(undefined) : undefined;
  while (slot !== undefined && slot >= fromMs && slot <= toMs) {
    slots.push(slot);
    slot = slots.length < max ? step(slot) : undefined;
  }
  return which === "first" ? slots : slots.reverse();
}
