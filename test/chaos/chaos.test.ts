import { expect, test } from "vitest";
import { runChaos } from "./chaos.ts";
import { formatReport } from "./report.ts";

test("no promise is broken when workers, gateway and Redis are killed and replies are lost", {
  timeout: 180_000,
}, async () => {
  const report = await runChaos({
    jobs: 300,
    kills: 3,
    restarts: 2,
    freezes: 1,
    seed: 4,
    workers: 2,
    concurrency: 10,
    leaseMs: 1_000,
    limitMs: 150_000,
  });
  expect(report.broken, formatReport(report)).toEqual([]);
  expect(report.figures.completed).toBeGreaterThan(200);
  expect(report.figures.children).toBeGreaterThan(10);
  expect(report.figures.slots).toBeGreaterThan(5);
  expect(report.figures.conflicts).toBeGreaterThan(0);
  expect(report.figures.pauses).toBeGreaterThan(0);
  expect(report.runs.deferred).toBeGreaterThan(0);
  expect(report.struck).toMatchObject({ kill: 3, gateway: 1, redis: 1, freeze: 1 });
});
