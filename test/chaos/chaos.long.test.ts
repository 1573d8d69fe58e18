import { expect, test } from "vitest";
import { runChaos } from "./chaos.ts";
import { formatReport } from "./report.ts";

test("no promise is broken in a large run, with a new seed each time", { timeout: 900_000 }, async () => {
  const seed = Date.now() % 1_000_000;
  const report = await runChaos({
    jobs: 5_000,
    kills: 20,
    restarts: 5,
    freezes: 5,
    seed,
    workers: 4,
    concurrency: 10,
    leaseMs: 2_000,
    limitMs: 600_000,
  });
  expect(report.broken, `seed ${seed}\n${formatReport(report)}`).toEqual([]);
  expect(report.figures.completed).toBeGreaterThan(3_000);
});
