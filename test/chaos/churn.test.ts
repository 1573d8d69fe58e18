import { expect, test } from "vitest";
import { churn } from "./churn.ts";

test("memory does not grow while finished jobs come and go", { timeout: 180_000 }, async () => {
  const samples = await churn(20_000);
  const [first, last] = [samples[0]!, samples.at(-1)!];
  // 100 of each kind with payloads, results of completed jobs, two errors of each failed one, three zsets, the counters, and the history of an hour or two.
  expect([1, 2]).toContain(last.keys - (100 * 9 + 4));
  for (const { bytes } of samples) expect(bytes).toBeLessThan(first.bytes + 2_000_000);
  expect(last.bytes).toBeLessThan(first.bytes + 200_000);
});
