import { expect, test } from "vitest";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, jobOf, record, START, useRedis } from "../support/redis.ts";
import { claim } from "../support/verbs.ts";

const redis = useRedis();

test("a submitted job is pending at the back of its list, and must wake a worker", async () => {
  const { queue, store } = redis.queue();
  const a = job({ payload: '{"to":"ann"}' });
  expect(await queue.submit([a])).toEqual({ outcome: "accepted", wake: true });
  expect(await store.all()).toEqual({
    normal: [a.id],
    records: { [a.id]: record(a) },
    wake: a.id,
  });
});

test("a second job finds the wake-up in flight and wakes no worker", async () => {
  const { queue, store } = redis.queue({ wakeMs: 60_000 });
  const [a, b] = [job(), job()];
  await queue.submit([a]);
  expect(await queue.submit([b])).toEqual({ outcome: "accepted", wake: false });
  expect(await store.all()).toEqual({
    normal: [a.id, b.id],
    records: { [a.id]: record(a), [b.id]: record(b) },
    wake: a.id,
  });
  expect((await store.expiries())["job_queue:wake"]).toBeGreaterThan(50_000);
});

test("jobs of all priorities go to their own lists, in order, in one submit", async () => {
  const { queue, store } = redis.queue();
  const jobs = (["low", "high", "normal", "high", "low"] as const).map((priority) => job({ priority }));
  const [a, b, c, d, e] = jobs.map(({ id }) => id);
  expect(await queue.submit(jobs)).toEqual({ outcome: "accepted", wake: true });
  expect(await store.all()).toEqual({
    high: [b, d],
    normal: [c],
    low: [a, e],
    records: Object.fromEntries(jobs.map((each) => [each.id, record(each)])),
    wake: a,
  });
});

test.each([
  { name: "a delay counts from Redis' clock", when: { delayMs: 1_000 }, runAt: START + 1_000, wake: true },
  { name: "an instant is used unchanged", when: { at: START + 2_000 }, runAt: START + 2_000, wake: true },
  { name: "a job due within the linger wakes a worker", when: { delayMs: 10_000 }, runAt: START + 10_000, wake: true },
  { name: "a job due later wakes no worker", when: { delayMs: 10_001 }, runAt: START + 10_001, wake: false },
  { name: "an endless delay is a year", when: { delayMs: Infinity }, runAt: START + 31_536_000_000, wake: false },
  { name: "a delay is whole milliseconds", when: { delayMs: 1.5 }, runAt: START + 2, wake: true },
])("$name", async ({ when, runAt, wake }) => {
  const { queue, store } = redis.queue();
  const a = job({ when });
  expect(await queue.submit([a])).toEqual({ outcome: "accepted", wake });
  expect(await store.all()).toEqual({
    scheduled: { [a.id]: runAt },
    records: { [a.id]: record(a, { run_at: runAt }) },
    ...(wake ? { wake: a.id } : {}),
  });
});

test.each([
  { name: "no delay", when: { delayMs: 0 } },
  { name: "a negative delay", when: { delayMs: -5 } },
  { name: "a delay that is not a number", when: { delayMs: Number.NaN } },
  { name: "the current instant", when: { at: START } },
  { name: "an instant in the past", when: { at: START - 86_400_000 } },
  { name: "an instant before 1970", when: { at: -1 } },
])("$name means immediately", async ({ when }) => {
  const { queue, store } = redis.queue();
  const a = job({ when });
  expect(await queue.submit([a])).toEqual({ outcome: "accepted", wake: true });
  expect(await store.all()).toEqual({ normal: [a.id], records: { [a.id]: record(a) }, wake: a.id });
});

test("delayed and ready jobs can be submitted together", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c] = [job({ when: { delayMs: 60_000 } }), job(), job({ when: { at: START + 70_000 }, priority: "low" })];
  expect(await queue.submit([a, b, c])).toEqual({ outcome: "accepted", wake: true });
  expect(await store.all()).toEqual({
    normal: [b.id],
    scheduled: { [a.id]: START + 60_000, [c.id]: START + 70_000 },
    records: {
      [a.id]: record(a, { run_at: START + 60_000 }),
      [b.id]: record(b),
      [c.id]: record(c, { run_at: START + 70_000 }),
    },
    wake: a.id,
  });
});

test("a job for a list that is not empty wakes no worker, even with no wake-up in flight", async () => {
  const { queue, keys } = redis.queue();
  await queue.submit([job()]);
  await redis.redis.del(keys.wake);
  expect(await queue.submit([job()])).toEqual({ outcome: "accepted", wake: false });
});

test("a job for another, empty list wakes a worker", async () => {
  const { queue, keys } = redis.queue();
  await queue.submit([job()]);
  await redis.redis.del(keys.wake);
  expect(await queue.submit([job({ priority: "low" })])).toEqual({ outcome: "accepted", wake: true });
});

test("an id that is taken makes the queue refuse the whole submit and return the records of all ids", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job({ task: "first" }), job()];
  await queue.submit([a]);
  await claim(queue);
  const before = await store.all();
  expect(await queue.submit([b, { ...a, task: "second" }])).toEqual({
    outcome: "exists",
    wake: false,
    jobs: [undefined, jobOf(record(a, { status: "processing", started_at: START, token: "w.1" }))],
  });
  expect(await store.all()).toEqual(before);
});

test("two jobs with the same id are refused before they reach Redis", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await expect(queue.submit([a, job(), { ...a }])).rejects.toThrow("two jobs to submit have the same id");
  expect(await store.all()).toEqual({});
});

test("more jobs than Lua can unpack are refused whole", async () => {
  const { queue, store } = redis.queue();
  await expect(queue.submit(Array.from({ length: 4_000 }, () => job()))).rejects.toThrow("too many results to unpack");
  expect(await store.all()).toEqual({});
});

test("without an injected clock, a delay counts from the server's clock", async () => {
  const { prefix, store } = redis.queue();
  const a = job({ when: { delayMs: 60_000 } });
  const before = Date.now();
  await new WorkerQueue(redis.redis, { prefix }).submit([a]);
  const runAt = (await store.score("scheduled", a.id))! - 60_000;
  expect(runAt).toBeGreaterThanOrEqual(before);
  expect(runAt).toBeLessThanOrEqual(Date.now());
  expect(await store.record(a.id)).toMatchObject({ run_at: runAt + 60_000 });
});
