import { expect, onTestFinished, test, vi } from "vitest";
import type { App } from "../../lib/app/app.ts";
import { waitFor } from "../../lib/routes/status.ts";
import { job, record } from "../support/redis.ts";

test("a wait of twenty seconds looks about fourteen times, and then answers with the job as it is", async () => {
  const found = { job: record(job()) };
  const looks: number[] = [];
  const read = vi.fn(async () => found);
  vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const began = performance.now();
  const queue = {
    job: async () => looks.push(performance.now() - began) && found.job,
    status: read,
  };
  const answer = waitFor({ queue } as unknown as App, "any", 20);
  await vi.advanceTimersByTimeAsync(19_999);
  expect(looks.at(-1)).toBeLessThan(20_000);
  await vi.advanceTimersByTimeAsync(1);
  expect(await answer).toBe(found);
  expect(looks.length).toBeGreaterThan(10);
  expect(looks.length).toBeLessThanOrEqual(16);
  expect(looks.at(-1)).toBe(20_000);
  expect(read).toHaveBeenCalledOnce();
});
