import { expect, test } from "vitest";
import { job, START, useRedis } from "../support/redis.ts";
import { claim, completed, failed, released, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const nothing = {
  now: START,
  ready: { high: 0, normal: 0, low: 0 },
  suspects: 0,
  scheduled: 0,
  timers: 0,
  processing: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  totals: {},
};

test("an empty queue is empty in every place", async () => {
  const { queue, store } = redis.queue();
  expect(await queue.stats()).toEqual(nothing);
  expect(await queue.hasWork()).toBe(false);
  expect(await store.all()).toEqual({});
});

test("jobs are counted in their places, with all-time totals", async () => {
  const { queue } = redis.queue();
  const [a, b, c, d, e, f] = [job(), job(), job(), job(), job(), job()];
  await running(queue, [a, b, c, d, e, f]);
  await settle(queue, completed(a), failed(b), retry(c, 5_000), released(d));
  await queue.cancel(e.id);
  await queue.submit([job({ priority: "high" }), job({ priority: "low" }), job({ priority: "low" })]);
  expect(await queue.stats()).toEqual({
    now: START,
    ready: { high: 1, normal: 1, low: 2 },
    suspects: 0,
    scheduled: 1,
    timers: 0,
    processing: 1,
    completed: 1,
    failed: 1,
    cancelled: 1,
    oldestReadyAt: START,
    nextDueAt: START + 5_000,
    totals: { completed: 1, failed: 1, retried: 1, released: 1, cancelled: 1 },
  });
});

test("the oldest ready job may be in any of the three lists", async () => {
  const { queue } = redis.queue();
  await queue.submit([job({ createdAt: START - 10 }), job({ createdAt: START })]);
  expect((await queue.stats()).oldestReadyAt).toBe(START - 10);
  await queue.submit([job({ priority: "low", createdAt: START - 20 })]);
  expect((await queue.stats()).oldestReadyAt).toBe(START - 20);
});

test("the age of a job counts from its last return to the queue: due, reclaimed, released or redriven", async () => {
  const old = START - 86_400_000;
  const { queue } = redis.queue();
  const a = job({ createdAt: old, when: { delayMs: 1_000 } });
  const since = async () => (await queue.stats()).oldestReadyAt! - START;
  await queue.submit([a]);
  redis.clock.now = START + 1_500;
  await claim(queue, { token: "w.0", count: 0 });
  expect(await since()).toBe(1_000);
  await claim(queue, { token: "w.1" });
  redis.clock.now = START + 2_000;
  await settle(queue, released(a));
  expect(await since()).toBe(2_000);
  await claim(queue, { token: "w.2" });
  redis.clock.now = START + 50_000;
  await claim(queue, { token: "w.3", count: 0 });
  expect(await since()).toBe(50_000);
  await queue.cancel(a.id);
  redis.clock.now = START + 60_000;
  await queue.redrive(a.id);
  expect(await since()).toBe(60_000);
});

test.each([
  { name: "a ready job", of: job() },
  { name: "a ready job of low priority", of: job({ priority: "low" }) },
  { name: "a ready job of high priority", of: job({ priority: "high" }) },
  { name: "a scheduled job", of: job({ when: { delayMs: 1e9 } }) },
])("$name counts as work", async ({ of }) => {
  const { queue } = redis.queue();
  await queue.submit([of]);
  expect(await queue.hasWork()).toBe(true);
});

test("a running job counts as work, and finished ones do not", async () => {
  const { queue } = redis.queue();
  const [a, b, c] = [job(), job(), job()];
  await running(queue, [a, b, c]);
  expect(await queue.hasWork()).toBe(true);
  await settle(queue, completed(a), failed(b));
  await queue.cancel(c.id);
  expect(await queue.hasWork()).toBe(false);
});
