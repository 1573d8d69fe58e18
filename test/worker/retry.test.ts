import { expect, test } from "vitest";
import { NonRetriableError, RetryAfterError, SnoozeError } from "../../lib/tasks.ts";
import { job } from "../support/redis.ts";
import { summary, task, useWorkers } from "../support/worker.ts";
import { attempt, HOUR } from "./attempt.ts";

const workers = useWorkers();

test("NonRetriableError fails the job without a retry", async () => {
  const ended = await attempt(workers, () => {
    throw new NonRetriableError("no such recipient");
  });
  expect(ended).toMatchObject({
    ...{ status: "failed", retries: 0 },
    attempts: [{ outcome: "failed", error: "NonRetriableError", message: "no such recipient" }],
  });
});

test("RetryAfterError decides when the job is retried", async () => {
  const ended = await attempt(workers, () => {
    throw new RetryAfterError(HOUR / 2, "busy until noon");
  });
  expect(ended).toMatchObject({ status: "pending", retries: 1, attempts: [{ error: "RetryAfterError" }] });
  expect(ended.runAt! - ended.attempts[0]!.endedAt).toBe(HOUR / 2);
});

test("RetryAfterError gives no retry to a job that has none left", async () => {
  const ended = await attempt(
    workers,
    () => {
      throw new RetryAfterError(1, "soon");
    },
    { maxRetries: 0 },
  );
  expect(ended).toMatchObject({ status: "failed", retries: 0 });
});

test("SnoozeError lets the job run later, spends no attempt, and the log says why", async () => {
  const { done, lines, ...ended } = await attempt(
    workers,
    () => {
      throw new SnoozeError(HOUR / 2, "busy until noon");
    },
    { maxRetries: 0 },
  );
  expect(done).toEqual(summary({ claimed: 2, completed: 1, released: 1 }));
  expect(ended).toMatchObject({ status: "pending", retries: 0, snoozedMs: HOUR / 2, attempts: [] });
  const told = { level: "info", task: "tried", attempt: 1, delay_ms: HOUR / 2, message: "busy until noon" };
  expect(lines.filter(({ event }) => event === "snoozed")).toEqual([expect.objectContaining(told)]);
});

test("a worker waits for a short snooze, and a task that snoozes forever fails", async () => {
  const { client, worker, job: read } = workers.queue();
  const seen: number[] = [];
  const sleepy = task(
    "sleepy",
    ({ job: { attempt } }) => {
      seen.push(attempt);
      throw new SnoozeError(0, "not yet");
    },
    { maxSnoozeMs: 2_000 },
  );
  const a = job({ task: "sleepy", maxRetries: 1 });
  await client.submit([a]);
  expect(await worker([sleepy]).drain()).toEqual(summary({ claimed: 4, released: 2, retried: 1, failed: 1 }));
  expect(seen).toEqual([1, 1, 1, 2]);
  const error = {
    error: "SnoozeError",
    message: expect.stringMatching(/after 2 s in all, and maxSnoozeMs allows 2 s/),
  };
  expect(await read(a.id)).toMatchObject({ status: "failed", snoozedMs: 2_000, attempts: [error, error] });
});

test.each([
  ["not a number", Number.NaN],
  ["negative", -5],
])("a RetryAfterError with a delay that is %s retries immediately", async (_, wait) => {
  const { client, worker } = workers.queue();
  const odd = task("odd", ({ job: { attempt } }) => {
    if (attempt === 1) throw new RetryAfterError(wait, "odd");
  });
  await client.submit([job({ task: "odd" })]);
  expect(await worker([odd]).drain()).toEqual(summary({ claimed: 2, retried: 1, completed: 1 }));
});

test("a failed attempt waits for the backoff of its task, with jitter", async () => {
  const ended = await attempt(workers, () => {
    throw new Error("no");
  });
  const wait = ended.runAt! - ended.attempts[0]!.endedAt;
  expect(wait).toBeGreaterThanOrEqual(HOUR / 2);
  expect(wait).toBeLessThanOrEqual(HOUR);
});

test("the backoff grows with each failure", async () => {
  const { client, worker, job: read } = workers.queue();
  const broken = task(
    "broken",
    () => {
      throw new Error("no");
    },
    { backoff: { baseMs: 1, factor: HOUR, maxMs: HOUR } },
  );
  const a = job({ task: "broken" });
  await client.submit([a]);
  expect(await worker([broken]).drain()).toEqual(summary({ claimed: 2, retried: 2 }));
  const { attempts, runAt } = await read(a.id);
  expect(runAt! - attempts[1]!.endedAt).toBeGreaterThanOrEqual(HOUR / 2);
});
