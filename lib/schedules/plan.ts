import type { Schedule } from "./schedule.ts";
import { finderOf, type SlotFinder, slotsBetween } from "./slots.ts";

/** A slot that is not older was not missed: a tick may be late, and a worker may be busy. Two ticks. */
const MISSED_MS = 120_000;
/** The most slots that one request fires. */
export const MOST_SLOTS = 100;

/** Which slots of a schedule to fire, in order, and which slot is next. */
export interface FiringPlan {
  /** May be empty: then the schedule only moves on to `next`. */
  slots: number[];
  /** The first slot that is not fired by this plan. It may be due: then the next claim hands it out. Undefined: none ever comes. */
  next: number | undefined;
  /** Slots from the due one to before this instant were missed and make no jobs. Undefined: there are none. */
  missedBefore?: number;
}

/** Says whether slots were missed that `{ all: n }` makes up for: each of them makes its job, whatever `overlap` says. */
export function makesUp({ catchUp }: Pick<Schedule, "catchUp">, dueSlot: number, nowMs: number): boolean {
  return typeof catchUp === "object" && nowMs - dueSlot > MISSED_MS;
}

/**
 * Plans what a due schedule fires. If its oldest due slot is at most two ticks old, all due slots are fired. Else no worker
 * ran, and `catchUp` decides: `last` fires the last due slot, `skip` those that are not older than two ticks, `{ all: n }` the
 * last n. A plan that leaves out due slots for `mostSlots` is continued by the next one; one that would leave out only slots that
 * were not missed, and would not be made up for, fires none, and waits for a request that has room for all.
 *
 * @throws RangeError where the rule cannot be read
 */
export function planOf(
  { rule, catchUp }: Pick<Schedule, "rule" | "catchUp">,
  dueSlot: number,
  nowMs: number,
  mostSlots: number,
  find: SlotFinder = finderOf(rule),
): FiringPlan {
  if (nowMs - dueSlot <= MISSED_MS) return firstOf(dueSlot, nowMs, mostSlots, find);
  if (catchUp === "skip") return since(dueSlot, nowMs - MISSED_MS, firstOf(nowMs - MISSED_MS, nowMs, mostSlots, find));
  const most = catchUp === "last" ? 1 : catchUp.all;
  const found = slotsBetween(find, dueSlot, nowMs, most, "last");
  const share = shareOf(found, nowMs, mostSlots);
  if (share === 0) return { slots: [], next: dueSlot };
  const slots = found.slice(0, share);
  const next = found[slots.length] ?? find.next(nowMs);
  return since(dueSlot, nowMs, { slots, next });
}

/** Returns how many of the slots to fire now. What is left begins with one that was missed, so that the next plan makes up for it. */
function shareOf(found: readonly number[], nowMs: number, mostSlots: number): number {
  if (found.length <= mostSlots) return found.length;
  const missed = found.filter((at) => nowMs - at > MISSED_MS).length;
  const share = Math.max(0, Math.min(mostSlots, missed - 1));
  // A schedule of every second has more slots in two ticks than a request has room for.
  return share === 0 && mostSlots >= MOST_SLOTS ? mostSlots : share;
}

function firstOf(fromMs: number, nowMs: number, mostSlots: number, find: SlotFinder): FiringPlan {
  const slots = slotsBetween(find, fromMs, nowMs, mostSlots, "first");
  return { slots, next: find.next(slots.length < mostSlots ? nowMs : slots.at(-1)!) };
}

function since(dueSlot: number, otherwise: number, plan: FiringPlan): FiringPlan {
  const missedBefore = plan.slots[0] ?? otherwise;
  return missedBefore > dueSlot ? { ...plan, missedBefore } : plan;
}
