import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { METRICS, metricFields, SUBMIT_METRICS, WORKER_METRICS } from "../../lib/observability/metrics.ts";
import type { NewJob } from "../../lib/queue/job.ts";
import type { Ending, Stepped } from "../../lib/queue/worker-queue.ts";
import type { HeldAttempt } from "../../lib/worker/attempt.ts";
import { DrainMetrics } from "../../lib/worker/drain-metrics.ts";
import { keptIn, type Line } from "../support/log.ts";
import { EMF, UNITS } from "./emf.ts";

const isEmf = new Ajv2020({ strict: false }).compile(EMF);

/** Checks everything in the specification: its schema, and what a schema cannot say about the root node. */
function mustBeEmf(line: Record<string, unknown>): void {
  expect(isEmf(line), JSON.stringify(isEmf.errors)).toBe(true);
  const text = JSON.stringify(line);
  expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024); // the smallest limit for a log event
  expect(JSON.parse(text)).toEqual(line); // no value that JSON turns into null
  const { CloudWatchMetrics } = line._aws as {
    CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  for (const { Dimensions, Metrics } of CloudWatchMetrics) {
    for (const name of Dimensions.flat()) expect(line[name]).toEqual(expect.any(String));
    for (const { Name } of Metrics) {
      const values = [line[Name]].flat();
      expect(values.length).toBeGreaterThan(0);
      expect(values.length).toBeLessThanOrEqual(100);
      for (const value of values) expect(Number.isFinite(value)).toBe(true);
    }
    expect(new Set(Metrics.map(({ Name }) => Name)).size).toBe(Metrics.length);
  }
}

test("a line of metrics is in the format that CloudWatch reads", () => {
  const fields = metricFields(SUBMIT_METRICS, { Submitted: 3 }, "prod", 1_795_448_264_120);
  mustBeEmf(fields);
  expect(fields).toEqual({
    Submitted: 3,
    stage: "prod",
    _aws: {
      Timestamp: 1_795_448_264_120,
      CloudWatchMetrics: [
        { Namespace: "wakeq", Dimensions: [["stage"]], Metrics: [{ Name: "Submitted", Unit: "Count" }] },
      ],
    },
  });
});

test("the check of the format finds every fault", () => {
  const good = () => metricFields(WORKER_METRICS, { Completed: 1, RunTime: [1, 2] }, "prod") as never as Line;
  const wrongs: ((line: Line) => void)[] = [
    (line) => delete line._aws,
    (line) => delete line.stage,
    (line) => delete line.Completed,
    (line) => Object.assign(line, { Completed: "1" }),
    (line) => Object.assign(line, { Completed: Number.NaN }),
    (line) => Object.assign(line, { RunTime: [] }),
    (line) => Object.assign(line, { RunTime: Array(101).fill(1) }),
    (line) => Object.assign(line._aws as object, { Timestamp: "2030-01-01" }),
    (line) =>
      Object.assign(line._aws as object, { CloudWatchMetrics: [{ Namespace: "", Dimensions: [[]], Metrics: [] }] }),
  ];
  mustBeEmf(good());
  for (const wrong of wrongs) {
    const line = good();
    wrong(line);
    expect(() => mustBeEmf(line), wrong.toString()).toThrow();
  }
});

test("every metric has a unit that CloudWatch knows and a name that alarms can use", () => {
  expect(METRICS).toEqual({
    NotConfigured: "Count",
    Submitted: "Count",
    UniqueConflicts: "Count",
    Completed: "Count",
    Retried: "Count",
    Failed: "Count",
    Cancelled: "Count",
    LeaseExpired: "Count",
    Expired: "Count",
    WaitTime: "Milliseconds",
    RunTime: "Milliseconds",
    ScheduleLateMs: "Milliseconds",
    Depth: "Count",
    Paused: "Count",
    OldestReady: "Seconds",
    DeadLetters: "Count",
  });
  for (const unit of Object.values(METRICS)) expect(UNITS).toContain(unit);
});

test("whatever a drain does, its lines are well-formed and add up to its summary", () => {
  const outcome = fc.constantFrom("completed", "retry", "failed", "released");
  const word = fc.constantFrom("settled", "lost", "cancelled");
  const step = fc.record({
    endings: fc.array(fc.record({ outcome, word }), { size: "max", maxLength: 300 }),
    waits: fc.array(fc.record({ task: fc.constantFrom("a", "b"), ms: fc.nat(1e9) }), { size: "max", maxLength: 300 }),
    reclaimed: fc.array(fc.constantFrom("pending", "failed"), { maxLength: 5 }),
    submits: fc.nat({ max: 150 }),
    dropped: fc.array(fc.constantFrom("cancelled", "lost"), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const lines: Line[] = [];
      const metrics = new DrainMetrics("test", keptIn(lines));
      const want = {
        Submitted: 0,
        Completed: 0,
        Retried: 0,
        Failed: 0,
        Cancelled: 0,
        LeaseExpired: 0,
        waits: [] as number[],
        runs: 0,
        tasks: 0,
      };
      for (const { endings, waits, reclaimed, submits, dropped } of steps) {
        const settled = endings.map(({ outcome }) => ({ outcome }) as Ending);
        for (const ending of settled) metrics.ended({} as HeldAttempt, ending, 1.4);
        for (const outcome of dropped) metrics.ended({} as HeldAttempt, { outcome }, 1.4);
        for (const wait of waits) metrics.began(begun(wait));
        for (let i = 0; i < submits; i++) metrics.submitted({} as NewJob);
        want.Submitted += submits;
        want.runs += settled.filter(({ outcome }) => outcome !== "released").length;
        metrics.stepped(settled, {
          settled: endings.map(({ word }) => word),
          claimed: { jobs: [], reclaimed: reclaimed.map((status) => ({ id: "x", status })) },
        } as unknown as Stepped);
        const done = (word: string) =>
          endings.filter((each) => each.word === "settled" && each.outcome === word).length;
        want.Completed += done("completed");
        want.Retried += done("retry");
        want.Failed += done("failed") + reclaimed.filter((status) => status === "failed").length;
        want.LeaseExpired += reclaimed.length;
        want.Cancelled += endings.filter((each) => each.word === "cancelled").length;
        want.Cancelled += dropped.filter((each) => each === "cancelled").length;
        want.waits.push(...waits.map(({ ms }) => ms));
        want.tasks += waits.length;
      }
      metrics.flush();
      metrics.flush();
      for (const line of lines) mustBeEmf(line);
      const all = (name: string) => lines.flatMap((line) => [line[name] ?? []].flat() as number[]);
      const sum = (name: string) => all(name).reduce((a, b) => a + b, 0);
      for (const name of ["Submitted", "Completed", "Retried", "Failed", "Cancelled", "LeaseExpired"] as const)
        expect(sum(name)).toBe(want[name]);
      expect(all("WaitTime")).toEqual(want.waits);
      expect(all("RunTime")).toEqual(Array(want.runs).fill(1));
      const counted = lines.flatMap(({ tasks = {} }) => Object.values(tasks as Record<string, number>));
      expect(counted.reduce((a, b) => a + b, 0)).toBe(want.tasks);
    }),
    { numRuns: 60 },
  );
});

function begun({ task, ms }: { task: string; ms: number }): HeldAttempt {
  return { waitMs: ms, claimed: { job: { task } } } as HeldAttempt;
}

test("the latest slot of a drain is written, also where nothing else happened, and none where no slot fired", () => {
  const lines: Line[] = [];
  const metrics = new DrainMetrics("test", keptIn(lines));
  metrics.flush();
  for (const lateMs of [40, 900, 7]) metrics.slotFired(lateMs);
  metrics.flush();
  metrics.submitted({} as NewJob);
  metrics.flush();
  expect(lines.map(({ ScheduleLateMs }) => ScheduleLateMs)).toEqual([900, undefined]);
  for (const line of lines) mustBeEmf(line);
});
