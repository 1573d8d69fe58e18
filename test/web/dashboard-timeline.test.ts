import { expect, test } from "vitest";
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
];

test.each(LIVES)("the timeline of %s", (_, given, now, expected) => {
  const segments = segmentsOf(job(given), T + now * 1_000);
  const words = segments.map(({ kind, from, to, outcome }) => [kind, (to - from) / 1_000, outcome].join(" ").trim());
  expect(words.join(", ")).toBe(expected);
  for (const [i, each] of segments.slice(1).entries()) expect(each.from).toBe(segments[i]!.to);
});
