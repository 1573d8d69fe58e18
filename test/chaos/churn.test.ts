import { expect, test } from "vitest";
import { churn } from "./churn.ts";

test("finished jobs come and go, and memory stays where it was", { timeout: 180_000 }, async () => {
  const samples = await churn(20_000);
  const [first, last] = [samples[0]!, samples.at(-1)!];
  // 100 of each kind with their payloads, results of the completed, two errors of the failed, three zsets and the counters.
  expect(last.keys).toBe(100 * 9 + 4);
  for (const { bytes } of samples) expect(bytes).toBeLessThan(first.bytes + 2_000_000);
  expect(last.bytes).toBeLessThan(first.bytes + 200_000);
});
