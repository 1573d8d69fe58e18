import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DrainState, type NextStep, nextStep } from "../../lib/worker/next-step.ts";

const NOW = 1_000;
const LATER = 1_500;
const NEVER = Number.POSITIVE_INFINITY;

/** The state of a worker with ten slots that has nothing to do and expects nothing. */
const IDLE: DrainState = {
  mode: "sated",
  claimAt: NEVER,
  mustAsk: false,
  hasPromised: false,
  isIsolated: false,
  suspectsSince: NEVER,
  leavesWork: false,
  stopping: undefined,
  isPast: false,
  concurrency: 10,
  running: 0,
  buffered: 0,
  bufferFor: 0,
  ended: 0,
  paceAt: Number.NEGATIVE_INFINITY,
  leaseAt: NEVER,
  checkAt: NEVER,
  outage: undefined,
};

const claims = (count: number): NextStep => ({ do: "send", claim: count });
const REPORTS: NextStep = { do: "send", claim: undefined };
const waits = (until: number): NextStep => ({ do: "wait", until });
const leaves = (why: "empty" | "deadline" | "shutdown" | "unreachable"): NextStep => ({ do: "leave", why });

type Case = [when: string, state: Partial<DrainState>, then: NextStep];

const CLAIMS: Case[] = [
  ["hungry and empty-handed", { mode: "hungry" }, claims(10)],
  ["hungry, some slots taken", { mode: "hungry", running: 7 }, claims(3)],
  ["hungry, all slots taken, no buffer wanted", { mode: "hungry", running: 10 }, waits(NEVER)],
  ["hungry, all slots taken, a buffer wanted", { mode: "hungry", running: 10, bufferFor: 4 }, claims(4)],
  ["hungry, the buffer half full, at its pace", { mode: "hungry", running: 10, buffered: 2, bufferFor: 4 }, claims(2)],
  [
    "hungry, the buffer half full, before its pace",
    { mode: "hungry", running: 10, buffered: 2, bufferFor: 4, paceAt: LATER },
    waits(LATER),
  ],
  [
    "hungry, the buffer about to go into the free slots: no pace",
    { mode: "hungry", running: 0, buffered: 10, bufferFor: 10, ended: 10, paceAt: LATER },
    claims(10),
  ],
  [
    "hungry, the buffer larger than the free slots: pace",
    { mode: "hungry", running: 5, buffered: 6, bufferFor: 10, ended: 5, paceAt: LATER },
    waits(LATER),
  ],
  ["hungry, more in the buffer than wanted", { mode: "hungry", running: 10, buffered: 5, bufferFor: 4 }, waits(NEVER)],
  ["pacing, the claim due", { mode: "pacing", claimAt: NOW }, claims(10)],
  ["pacing, the claim not due", { mode: "pacing", claimAt: LATER }, waits(LATER)],
  ["pacing takes no buffer", { mode: "pacing", claimAt: NOW, running: 8, bufferFor: 5 }, claims(2)],
  ["pacing without room", { mode: "pacing", claimAt: NOW, running: 10, bufferFor: 5 }, waits(NEVER)],
  ["lingering, the job due", { mode: "lingering", claimAt: NOW }, claims(10)],
  ["lingering, the job not due", { mode: "lingering", claimAt: LATER }, waits(LATER)],
  ["lingering without room", { mode: "lingering", claimAt: NOW, running: 10 }, waits(NEVER)],
  ["an unanswered claim is asked for, sated too", { mustAsk: true, running: 4 }, claims(6)],
  ["an unanswered claim is asked for without room", { mustAsk: true, running: 10 }, claims(0)],
  [
    "an unanswered claim is asked for before the pace",
    { mode: "hungry", mustAsk: true, running: 10, buffered: 5, bufferFor: 2, paceAt: LATER },
    claims(0),
  ],
];

const APART: Case[] = [
  ["isolated: nothing beside what it holds", { mode: "hungry", isIsolated: true, running: 1 }, waits(NEVER)],
  [
    "isolated: an unanswered claim is asked for, and takes nothing",
    { mustAsk: true, isIsolated: true, running: 1 },
    claims(0),
  ],
  ["isolated before, and empty again", { mode: "hungry", isIsolated: true }, claims(10)],
  ["suspects wait: it lets its jobs end", { mode: "hungry", suspectsSince: NOW, running: 3 }, waits(NOW + 5_000)],
  ["suspects wait, and it holds nothing", { mode: "hungry", suspectsSince: NOW }, claims(10)],
  ["suspects have waited for 5 s: it goes on", { mode: "hungry", suspectsSince: NOW - 5_000, running: 3 }, claims(7)],
  [
    "suspects have waited for 30 s: once more",
    { mode: "hungry", suspectsSince: NOW - 30_000, running: 3 },
    waits(NOW + 5_000),
  ],
  ["suspects have waited for 36 s", { mode: "hungry", suspectsSince: NOW - 36_000, running: 3 }, claims(7)],
  [
    "suspects have waited for a minute",
    { mode: "hungry", suspectsSince: NOW - 67_000, running: 3 },
    waits(NOW + 5_000),
  ],
  ["suspects wait, and something ended", { suspectsSince: NOW, running: 3, ended: 1 }, REPORTS],
];

const REPORTING: Case[] = [
  ["something ended", { ended: 1 }, REPORTS],
  ["something ended, others run", { ended: 1, running: 3 }, REPORTS],
  ["something ended, hungry: one request for both", { mode: "hungry", ended: 1, running: 9 }, claims(1)],
  ["something ended, pacing: it waits for the claim", { mode: "pacing", claimAt: LATER, ended: 2 }, waits(LATER)],
  ["something ended, pacing, no room for a claim", { mode: "pacing", claimAt: LATER, ended: 2, running: 10 }, REPORTS],
  ["something ended, lingering", { mode: "lingering", claimAt: LATER, ended: 1 }, REPORTS],
  [
    "something ended, the buffer keeps the slots full: it waits for the pace",
    { ended: 3, running: 10, buffered: 2, paceAt: LATER },
    waits(LATER),
  ],
  ["something ended, the pace reached", { ended: 3, running: 10, buffered: 2, paceAt: NOW }, REPORTS],
  ["a lease is due", { running: 2, leaseAt: NOW }, REPORTS],
  ["a lease is due before the pace", { running: 10, buffered: 1, paceAt: LATER, leaseAt: NOW }, REPORTS],
  ["a lease is not due", { running: 2, leaseAt: LATER }, waits(LATER)],
  ["a buffered job gets stale", { running: 10, buffered: 1, checkAt: LATER, leaseAt: LATER + 1 }, waits(LATER)],
];

const STOPPING: Case[] = [
  ["hungry: it claims nothing more", { mode: "hungry", stopping: "deadline" }, leaves("deadline")],
  ["hungry, asked to end", { mode: "hungry", stopping: "shutdown" }, leaves("shutdown")],
  ["sated: there was nothing left", { stopping: "deadline" }, leaves("empty")],
  ["sated, asked to end", { stopping: "shutdown" }, leaves("shutdown")],
  ["sated, but it left work", { stopping: "deadline", leavesWork: true }, leaves("deadline")],
  ["it takes back its promise first", { mode: "pacing", stopping: "deadline", hasPromised: true }, claims(0)],
  ["it takes back its promise while jobs run on", { stopping: "shutdown", hasPromised: true, running: 3 }, claims(0)],
  ["it asks what an unanswered claim took", { stopping: "shutdown", mustAsk: true }, claims(0)],
  ["it lets jobs end", { mode: "hungry", stopping: "deadline", running: 1, checkAt: LATER }, waits(LATER)],
  ["it settles what ended", { mode: "hungry", stopping: "deadline", ended: 1 }, REPORTS],
  [
    "it settles what ended, pace or not",
    { mode: "pacing", claimAt: LATER, stopping: "deadline", ended: 1, running: 10, buffered: 1, paceAt: LATER },
    REPORTS,
  ],
];

const outage = { retryAt: LATER, giveUpAt: LATER };
const OUTAGE: Case[] = [
  ["it waits before it tries again", { mode: "hungry", outage }, waits(LATER)],
  ["it waits no longer than until its own time is over", { mode: "hungry", checkAt: 1_200, outage }, waits(1_200)],
  ["it waits though a lease is due", { running: 1, leaseAt: NOW, outage }, waits(LATER)],
  ["it tries again", { mode: "hungry", outage: { retryAt: NOW, giveUpAt: LATER } }, claims(10)],
  [
    "with nothing in hand it gives up",
    { mode: "hungry", outage: { retryAt: LATER, giveUpAt: NOW } },
    leaves("unreachable"),
  ],
  ["with something in hand it does not", { ended: 1, outage: { retryAt: NOW, giveUpAt: NOW } }, REPORTS],
  ["past its deadline it leaves whatever it holds", { running: 2, isPast: true, outage }, leaves("unreachable")],
  ["past its deadline without an outage it settles", { ended: 1, isPast: true, stopping: "deadline" }, REPORTS],
];

const LEAVING: Case[] = [
  ["sated and empty-handed", {}, leaves("empty")],
  ["sated, but jobs run", { running: 1 }, waits(NEVER)],
  ["sated, but jobs are buffered", { buffered: 1, running: 10 }, waits(NEVER)],
];

describe.each([
  ["when it claims", CLAIMS],
  ["when jobs run apart", APART],
  ["when it reports", REPORTING],
  ["when it is stopping", STOPPING],
  ["while Redis is away", OUTAGE],
  ["when it leaves", LEAVING],
])("%s", (_, cases) => {
  test.each(cases)("%s", (_, state, then) => {
    expect(nextStep({ ...IDLE, ...state }, NOW)).toEqual(then);
  });
});

const instant = fc.constantFrom(0, NOW, LATER, NEVER);
const anyState: fc.Arbitrary<DrainState> = fc.record({
  mode: fc.constantFrom("hungry", "pacing", "lingering", "sated"),
  claimAt: instant,
  mustAsk: fc.boolean(),
  hasPromised: fc.boolean(),
  isIsolated: fc.boolean(),
  suspectsSince: instant,
  leavesWork: fc.boolean(),
  stopping: fc.constantFrom(undefined, "deadline", "shutdown"),
  isPast: fc.boolean(),
  concurrency: fc.integer({ min: 1, max: 4 }),
  running: fc.nat(4),
  buffered: fc.nat(8),
  bufferFor: fc.nat(4),
  ended: fc.nat(3),
  paceAt: instant,
  leaseAt: instant,
  checkAt: instant,
  outage: fc.option(fc.record({ retryAt: instant, giveUpAt: instant }), { nil: undefined }),
});

test("in any state a worker never claims beyond its room, leaves with jobs in hand or waits for the past", () => {
  let cases = 0;
  fc.assert(
    fc.property(anyState, (state) => {
      fc.pre(state.running <= state.concurrency);
      cases++;
      const next = nextStep(state, NOW);
      const holds = state.running + state.buffered + state.ended;
      if (next.do === "send" && next.claim !== undefined) {
        expect(next.claim).toBeLessThanOrEqual(
          Math.max(0, state.concurrency + state.bufferFor - state.running - state.buffered),
        );
        if (state.stopping) expect(next.claim).toBe(0);
      }
      if (next.do === "leave" && next.why !== "unreachable") expect(holds).toBe(0);
      if (next.do === "leave" && !state.outage) expect(state.mustAsk).toBe(false);
      if (next.do === "wait" && next.until < NOW) expect(next.until).toBe(state.checkAt); // the next look gives something back
    }),
    { numRuns: 2_000 },
  );
  expect(cases).toBeGreaterThan(1_000);
});
