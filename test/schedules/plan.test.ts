import { expect, test } from "vitest";
import { type FiringPlan, makesUp, planOf } from "../../lib/schedules/plan.ts";
import type { CatchUp, SlotRule } from "../../lib/schedules/schedule.ts";
import { finderOf } from "../../lib/schedules/slots.ts";

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTELY: SlotRule = { cron: "* * * * *", timeZone: "Europe/Berlin" };
const DAILY: SlotRule = { cron: "0 9 * * *", timeZone: "UTC" };

/** Instants in the table are minutes from noon, in UTC. */
const minutes = (ms: number) => (ms - NOON) / MINUTE_MS;
const inMinutes = ({ slots, next, missedBefore }: FiringPlan) => ({
  slots: slots.map(minutes),
  ...(next === undefined ? {} : { next: minutes(next) }),
  ...(missedBefore === undefined ? {} : { missedBefore: minutes(missedBefore) }),
});

interface Case {
  of: string;
  rule?: SlotRule;
  catchUp?: CatchUp;
  due: number;
  now?: number;
  most?: number;
  plan: { slots: number[]; next?: number; missedBefore?: number };
}

test.each<Case>([
  { of: "a slot on time", due: 0, plan: { slots: [0], next: 1 } },
  { of: "a slot a little late", due: 0, now: 0.9, plan: { slots: [0], next: 1 } },
  { of: "two ticks late: nothing was missed", due: -2, plan: { slots: [-2, -1, 0], next: 1 } },
  { of: "two ticks late, whatever catchUp says", catchUp: "skip", due: -2, plan: { slots: [-2, -1, 0], next: 1 } },
  { of: "more than two ticks late", due: -2, now: 0.5, plan: { slots: [0], next: 1, missedBefore: 0 } },
  { of: "more due than fit", due: -2, most: 2, plan: { slots: [-2, -1], next: 0 } },
  { of: "exactly as many due as fit", due: -2, most: 3, plan: { slots: [-2, -1, 0], next: 1 } },
  { of: "last", catchUp: "last", due: -600, plan: { slots: [0], next: 1, missedBefore: 0 } },
  { of: "skip", catchUp: "skip", due: -600, plan: { slots: [-2, -1, 0], next: 1, missedBefore: -2 } },
  { of: "skip, cut", catchUp: "skip", due: -600, most: 1, plan: { slots: [-2], next: -1, missedBefore: -2 } },
  { of: "all", catchUp: { all: 4 }, due: -600, plan: { slots: [-3, -2, -1, 0], next: 1, missedBefore: -3 } },
  { of: "all, and all fit", catchUp: { all: 9 }, due: -3, plan: { slots: [-3, -2, -1, 0], next: 1 } },
  { of: "all, cut", catchUp: { all: 6 }, due: -600, most: 4, plan: { slots: [-5, -4], next: -3, missedBefore: -5 } },
  {
    of: "all, cut so that no missed one is left",
    catchUp: { all: 4 },
    due: -600,
    most: 3,
    plan: { slots: [], next: -600 },
  },
  { of: "one slot, missed: last", rule: DAILY, due: -180, plan: { slots: [-180], next: 21 * 60 } },
  {
    of: "one slot, missed: skip",
    rule: DAILY,
    catchUp: "skip",
    due: -180,
    plan: { slots: [], next: 21 * 60, missedBefore: -2 },
  },
  {
    of: "a week of days, missed: all",
    rule: DAILY,
    catchUp: { all: 3 },
    due: -180 - 7 * 1_440,
    plan: { slots: [-180 - 2 * 1_440, -180 - 1_440, -180], next: 21 * 60, missedBefore: -180 - 2 * 1_440 },
  },
  { of: "a length of time", rule: { everyMs: 3_600_000 }, due: -180, plan: { slots: [0], next: 60, missedBefore: 0 } },
])("$of", ({ rule = MINUTELY, catchUp = "last", due, now = 0, most = 100, plan }) => {
  const made = planOf({ rule, catchUp }, NOON + due * MINUTE_MS, NOON + now * MINUTE_MS, most);
  expect(inMinutes(made)).toEqual(plan);
});

test.each<{ catchUp: CatchUp; mostSteps: number; fired: number }>([
  { catchUp: "last", mostSteps: 4, fired: 1 },
  { catchUp: "skip", mostSteps: 6, fired: 3 },
  { catchUp: { all: 1000 }, mostSteps: 1_002, fired: 1_000 },
])("six years of missed minutes take a few steps, not millions: $catchUp", ({ catchUp, mostSteps, fired }) => {
  let steps = 0;
  const { next, previous } = finderOf(MINUTELY);
  const counted = {
    next(ms: number) {
      steps++;
      return next(ms);
    },
    previous(ms: number) {
      steps++;
      return previous(ms);
    },
  };
  const { slots } = planOf({ rule: MINUTELY, catchUp }, Date.UTC(2020, 5, 1), NOON, 1_000, counted);
  expect(slots).toHaveLength(fired);
  expect(slots.at(-1)).toBe(NOON);
  expect(steps).toBeLessThanOrEqual(mostSteps);
});

test.each<CatchUp>(["last", "skip", { all: 7 }])(
  "cut plans go on until all is fired, each slot once: %j",
  (catchUp) => {
    const due = NOON - 600 * MINUTE_MS;
    const whole = planOf({ rule: MINUTELY, catchUp }, due, NOON, 1_000);
    const fired: number[] = [];
    let slot: number | undefined = due;
    while (slot !== undefined && slot <= NOON) {
      const cut = planOf({ rule: MINUTELY, catchUp }, slot, NOON, 2);
      const plan: FiringPlan = cut.next === slot ? planOf({ rule: MINUTELY, catchUp }, slot, NOON, 100) : cut;
      fired.push(...plan.slots);
      slot = plan.next;
    }
    expect(fired).toEqual(whole.slots);
    expect(slot).toBe(whole.next);
  },
);

test("each plan of a long catch-up begins with a slot that was missed, so each slot is made up for", () => {
  const schedule = { rule: MINUTELY, catchUp: { all: 1_000 } };
  for (let minutesAway = 3; minutesAway <= 420; minutesAway++) {
    let slot: number | undefined = NOON - minutesAway * MINUTE_MS;
    let fired = 0;
    // Other schedules take some of a request's room: a number that is another one in each turn, and none in the turn after.
    for (let turn = 0; slot !== undefined && slot <= NOON; turn++) {
      const plan: FiringPlan = planOf(
        schedule,
        slot,
        NOON,
        turn % 2 === 0 ? ((minutesAway * 37 + turn) % 99) + 1 : 100,
      );
      if (plan.slots.length > 0)
        expect(makesUp(schedule, slot, NOON), `${minutesAway} minutes, slot ${fired}`).toBe(true);
      fired += plan.slots.length;
      slot = plan.next;
    }
    expect(fired).toBe(minutesAway + 1);
  }
});
