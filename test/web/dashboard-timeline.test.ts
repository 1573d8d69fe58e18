import { expect, test } from "vitest";
import { attemptsOf } from "../../web/dashboard/job-state.ts";
import { segmentsOf } from "../../web/dashboard/segments.ts";
import type { Job } from "../../web/dashboard/shapes.ts";
import { at, job, ran, T } from "./dashboard-life.ts";

const LIVES: [name: string, Partial<Job>, now: number, expected: string][] = [
  ["a job that waits", {}, 5, "waited 5"],
  ["a delayed job", { run_at: at(60) }, 5, "scheduled 60"],
  ["a delayed job past its time", { run_at: at(60) }, 70, "scheduled 60, waited 10"],
  ["a job that runs", { status: "processing", started_at: at(2) }, 5, "waited 2, ran 3 running"],
  [
    "a job that completed at its second attempt",
    {
      status: "completed",
      attempts: [ran(1, "failed", 1, 2), ran(2, "completed", 6, 9)],
      started_at: at(6),
      finished_at: at(9),
    },
    100,
    "waited 1, ran 1 failed, backoff 4, ran 3 completed",
  ],
  [
    "a job that waits for its retry",
    { retries: 1, attempts: [ran(1, "failed", 1, 2)], run_at: at(10) },
    5,
    "waited 1, ran 1 failed, backoff 8",
  ],
  [
    "a long history",
    { status: "failed", attempts: [ran(1, "failed", 1, 2), ran(40, "failed", 400, 401)], finished_at: at(401) },
    500,
    "waited 1, ran 1 failed, unknown 398, ran 1 failed",
  ],
  ["a job that was cancelled while it waited", { status: "cancelled", finished_at: at(7) }, 100, "waited 7"],
  [
    "a released attempt, which is not held back",
    { status: "processing", retries: 0, attempts: [ran(1, "released", 1, 2)], started_at: at(3) },
    4,
    "waited 1, ran 1 released, waited 1, ran 1 running",
  ],
  [
    "a job that failed for good and was retried",
    {
      status: "processing",
      attempts: [ran(1, "failed", 1, 2), ran(2, "failed", 6, 7)],
      started_at: at(30),
    },
    31,
    "waited 1, ran 1 failed, backoff 4, ran 1 failed, ended 23, ran 1 running",
  ],
  [
    "a job that was retried and failed again",
    { status: "failed", attempts: [ran(1, "failed", 1, 2), ran(1, "failed", 6, 7)], finished_at: at(7) },
    9,
    "waited 1, ran 1 failed, ended 4, ran 1 failed",
  ],
  [
    "a job that was retried and waits for a worker",
    { attempts: [ran(1, "cancelled", 1, 2)], run_at: at(10) },
    12,
    "waited 1, ran 1 cancelled, ended 8, waited 2",
  ],
  [
    "an attempt whose worker was lost and which is not counted",
    { status: "processing", attempts: [ran(1, "lease_expired", 1, 2)], started_at: at(5) },
    6,
    "waited 1, ran 1 lease_expired, backoff 3, ran 1 running",
  ],
  [
    "a retried job whose second round is kept in part",
    { status: "failed", attempts: [ran(1, "failed", 1, 2), ran(9, "failed", 9, 10), ran(4, "failed", 50, 51)] },
    60,
    "waited 1, ran 1 failed, unknown 7, ran 1 failed, unknown 40, ran 1 failed",
  ],
];

test.each(LIVES)("the timeline of %s", (_, given, now, expected) => {
  const segments = segmentsOf(job(given), T + now * 1_000);
  const words = segments.map(({ kind, from, to, outcome }) => [kind, (to - from) / 1_000, outcome].join(" ").trim());
  expect(words.join(", ")).toBe(expected);
  for (const [i, each] of segments.slice(1).entries()) expect(each.from).toBe(segments[i]!.to);
});

test("each attempt of a timeline has its own error, though numbers repeat after a retry of the whole job", () => {
  const attempts = [ran(1, "failed", 1, 2), ran(1, "lease_expired", 6, 7), ran(1, "failed", 8, 9)];
  const segments = segmentsOf(job({ attempts, status: "processing", retries: 1, started_at: at(12) }), T + 13_000);
  const shown = segments.filter(({ kind }) => kind === "ran");
  expect(shown.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 2]);
  expect(shown.map(({ past }) => past)).toEqual([...attempts, undefined]);
});

test.each([
  ["waits for its first attempt", {}, 0],
  ["runs for the second time", { status: "processing", retries: 1, attempts: [ran(1, "failed", 1, 2)] }, 2],
  ["waits for its retry", { retries: 1, attempts: [ran(1, "failed", 1, 2)] }, 1],
  ["failed for good", { status: "failed", retries: 1, attempts: [ran(1, "failed", 1, 2), ran(2, "failed", 3, 4)] }, 2],
  ["runs after a retry of the whole", { status: "processing", retries: 0, attempts: [ran(4, "failed", 1, 2)] }, 1],
  ["waits after a retry of the whole", { retries: 0, attempts: [ran(4, "failed", 1, 2)] }, 0],
  [
    "was cancelled after a retry of the whole",
    { status: "cancelled", retries: 0, attempts: [ran(4, "failed", 1, 2)] },
    0,
  ],
  ["waits after a lost worker", { retries: 0, attempts: [ran(1, "lease_expired", 1, 2)] }, 1],
] as [string, Partial<Job>, number][])(
  "of a job that %s, the attempts of the present round are counted",
  (_, given, n) => {
    expect(attemptsOf(job(given))).toBe(n);
  },
);
