import { describe, expect, test } from "vitest";
import type { Claimed, ClaimRequest } from "../../lib/queue/worker-queue.ts";
import { Outlook } from "../../lib/worker/outlook.ts";
import { Pace } from "../../lib/worker/pace.ts";

const REDIS_NOW = 5_000_000;
const jobs = (count: number) => new Array(count).fill({}) as Claimed["jobs"];
const answer = (more: Partial<Claimed> = {}): Claimed => ({
  now: REDIS_NOW,
  jobs: [],
  more: false,
  wake: false,
  reclaimed: [],
  missing: [],
  isolated: false,
  suspects: false,
  ...more,
});

function outlook() {
  let tokens = 0;
  return new Outlook(() => `w.${++tokens}`);
}

/** An outlook after claims with these answers, one second apart from 1,000 on. */
function told(...answers: Partial<Claimed>[]) {
  const made = outlook();
  for (const [i, each] of answers.entries()) {
    const now = 1_000 * (i + 1);
    made.noteAnswer(made.claim(10, each.suspects ? 1 : 0, 10, now), answer(each), now, false);
  }
  return made;
}

test.each<[string, Outlook, Partial<Pick<Outlook, "mode" | "claimAt" | "hasPromised" | "mustAsk">>]>([
  ["before its first claim it is hungry", outlook(), { mode: "hungry", hasPromised: false, mustAsk: false }],
  ["when jobs are left it is hungry", told({ jobs: jobs(10), more: true }), { mode: "hungry" }],
  ["when it got no job it is sated", told({}), { mode: "sated", claimAt: Number.POSITIVE_INFINITY }],
  ["when it got one job it is sated", told({ jobs: jobs(1) }), { mode: "sated", hasPromised: false }],
  ["when it got several jobs it paces", told({ jobs: jobs(2) }), { mode: "pacing", claimAt: 1_050, hasPromised: true }],
  [
    "when a job is due soon it lingers, by its own clock",
    told({ claimAgainAt: REDIS_NOW + 700 }),
    { mode: "lingering", claimAt: 1_700, hasPromised: true },
  ],
  [
    "when it paces and a job is due before the next claim, that comes first",
    told({ jobs: jobs(2), claimAgainAt: REDIS_NOW + 20 }),
    { mode: "pacing", claimAt: 1_020 },
  ],
  ["a second without jobs ends its pace", told({ jobs: jobs(2) }, {}), { mode: "sated" }],
])("%s", (_, made, expected) => {
  expect(made).toMatchObject(expected);
});

describe("the claim", () => {
  const claim = (made: Outlook, count = 10, freeSlots = 10, now = 1_010): ClaimRequest =>
    made.claim(count, 0, freeSlots, now);

  test("takes the wake-up in flight for its own if it is the first, but not if it is the second", () => {
    const made = outlook();
    expect(claim(made)).toEqual({ token: "w.1", count: 10, holding: 0, arrived: true, againMs: 0 });
    made.noteAnswer(claim(made), answer(), 1_000, false);
    expect(claim(made)).toMatchObject({ arrived: false });
  });

  test("of a pacing worker promises to claim again", () => {
    expect(claim(told({ jobs: jobs(2) }))).toMatchObject({ againMs: 2_000 });
  });

  test("of a worker that may fill its slots promises nothing", () => {
    expect(claim(told({ jobs: jobs(2) }), 10, 9)).toMatchObject({ againMs: 0 });
  });

  test("of a worker that has had no job for a while promises nothing and withdraws the promise", () => {
    expect(claim(told({ jobs: jobs(2) }), 10, 10, 1_251)).toMatchObject({ againMs: 0 });
  });

  test("of zero jobs promises nothing and leaves the wake-up to the next claim", () => {
    const made = told({ jobs: jobs(2) });
    made.noteWakeUp();
    expect(claim(made, 0)).toMatchObject({ count: 0, arrived: false, againMs: 0 });
    expect(claim(made)).toMatchObject({ arrived: true });
  });
});

test("is sent again under its token and with its wake-up if its answer was lost", () => {
  const made = outlook();
  made.noteLost(made.claim(10, 0, 10, 0));
  expect(made).toMatchObject({ mustAsk: true, mode: "hungry" });
  expect(made.claim(4, 0, 4, 0)).toMatchObject({ token: "w.1", arrived: true });
  expect(made.mustAsk).toBe(false);
  expect(made.claim(4, 0, 4, 0)).toMatchObject({ token: "w.2" });
});

test("jobs that went back to their list are a reason to claim once more", () => {
  const made = told({});
  made.noteGivenBack();
  expect(made.mustAsk).toBe(true);
  made.claim(0, 0, 0, 0);
  expect(made.mustAsk).toBe(false);
});

test.each<[string, () => Outlook, boolean]>([
  ["makes a sated worker hungry", () => told({}), true],
  ["makes a pacing worker hungry", () => told({ jobs: jobs(2) }), true],
  ["changes nothing for a hungry worker, which would answer its own wake-ups", () => told({ more: true }), false],
])("a wake-up %s", (_, make, arrived) => {
  const made = make();
  made.noteWakeUp();
  expect(made.mode).toBe("hungry");
  expect(made.claim(10, 0, 10, 0).arrived).toBe(arrived);
});

test("a wake-up that arrives during a claim does not count as answered by it", () => {
  const made = outlook();
  const claim = made.claim(10, 0, 10, 0);
  made.noteWakeUp();
  made.noteAnswer(claim, answer(), 0, false);
  expect(made.mode).toBe("hungry");
});

test("a retry that is due soon makes the next claim decide which worker waits for it", () => {
  const made = told({});
  made.noteDueSoon();
  expect(made.mode).toBe("hungry");
  const pacing = told({ jobs: jobs(2) });
  pacing.noteDueSoon();
  expect(pacing.mode).toBe("pacing");
});

test("a worker that leaves while it waits for a job leaves work behind", () => {
  const made = told({ claimAgainAt: REDIS_NOW + 700 });
  made.noteAnswer(made.claim(0, 0, 10, 1_100), answer(), 1_100, true);
  expect(made).toMatchObject({ mode: "sated", leavesWork: true, hasPromised: false });
});

test("a worker that stops waiting for a job but stays claims again", () => {
  const made = told({ claimAgainAt: REDIS_NOW + 700 });
  made.noteAnswer(made.claim(0, 3, 0, 1_100), answer(), 1_100, false);
  expect(made).toMatchObject({ mode: "hungry", leavesWork: false });
});

test("a worker with suspects is isolated until it has claimed with nothing in hand", () => {
  const made = told({ jobs: jobs(3), isolated: true });
  expect(made.isIsolated).toBe(true);
  made.noteAnswer(made.claim(0, 3, 7, 1_100), answer(), 1_100, false);
  expect(made.isIsolated).toBe(true);
  made.noteAnswer(made.claim(10, 0, 10, 1_200), answer(), 1_200, false);
  expect(made.isIsolated).toBe(false);
});

test("suspects wait from the time they are first seen until a worker that holds nothing claims", () => {
  const made = told({ suspects: true }, { suspects: true });
  expect(made.suspectsSince).toBe(1_000);
  made.noteAnswer(made.claim(10, 2, 8, 3_000), answer(), 3_000, false);
  expect(made.suspectsSince).toBe(1_000);
  made.noteAnswer(made.claim(10, 0, 10, 3_100), answer(), 3_100, false);
  expect(made.suspectsSince).toBe(Number.POSITIVE_INFINITY);
});

describe("the pace", () => {
  type Claim = [at: number, jobs: number, promised: boolean];
  test.each<[string, Claim[], { stays: boolean; claimAt: number }]>([
    ["a single job is no reason to stay", [[0, 1, false]], { stays: false, claimAt: Number.POSITIVE_INFINITY }],
    ["several jobs are a reason to stay", [[0, 2, false]], { stays: true, claimAt: 50 }],
    [
      "it stays while single jobs keep coming",
      [
        [0, 2, false],
        [50, 1, true],
        [100, 1, true],
      ],
      { stays: true, claimAt: 150 },
    ],
    [
      "a claim that promised and found nothing is followed by another",
      [
        [0, 2, false],
        [50, 0, true],
      ],
      { stays: true, claimAt: 100 },
    ],
    [
      "a claim that promised nothing and found nothing is the last",
      [
        [0, 2, false],
        [300, 0, false],
      ],
      { stays: false, claimAt: Number.POSITIVE_INFINITY },
    ],
  ])("%s", (_, claims, expected) => {
    const pace = new Pace();
    for (const [at, count, promised] of claims) pace.noteClaim(at, count, promised);
    expect({ stays: pace.stays, claimAt: pace.claimAt }).toEqual(expected);
  });

  test.each([
    [0, 2_000],
    [250, 2_000],
    [251, 0],
  ])("%i ms after the last job it promises %i ms", (now, promiseMs) => {
    const pace = new Pace();
    pace.noteClaim(0, 2, false);
    expect(pace.promiseMs(now)).toBe(promiseMs);
  });
});
