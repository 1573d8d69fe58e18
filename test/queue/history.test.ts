import { expect, test } from "vitest";
import { readHistory } from "../../lib/queue/history.ts";
import type { Keys } from "../../lib/queue/keys.ts";
import { call, run } from "../../lib/queue/script.ts";
import type { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { SCRIPTS } from "../support/scripts.ts";
import {
  claim,
  completed,
  deferred,
  extend,
  failed,
  released,
  retry,
  running,
  settle,
  snoozed,
} from "../support/verbs.ts";

const redis = useRedis();
const HOUR = 3_600_000;
const RANGES = ["hour", "day", "month"] as const;
const totalsOf = async (queue: WorkerQueue, range: (typeof RANGES)[number] = "month") => {
  const { completed, failed, retried, cancelled } = await readHistory(queue, range);
  return { completed, failed, retried, cancelled };
};
const roll = (queue: WorkerQueue, keys: Keys, limit = 48) =>
  run(redis.redis, [call(SCRIPTS.roll, keys, { now: queue.injectedNow()!, limit })]);
const historyKeys = async (prefix: string) =>
  ((await redis.redis.keys(`{${prefix}}:job_queue:history:*`)) as string[]).sort();

test("each end of a job or an attempt is in every range, with how long it waited and ran", async () => {
  const { queue } = redis.queue();
  const [a, b, c, d] = [job(), job(), job(), job()];
  await queue.submit([a, b, c, d]);
  redis.clock.now += 5; // a wait of 4 to 8 ms
  await claim(queue);
  redis.clock.now += 100; // a run of 64 to 128 ms
  await settle(queue, completed(a), completed(b), failed(c));
  await settle(queue, retry(d));
  const times = { waitMs: { p50: 6, p95: 7.8 }, runMs: { p50: 96, p95: 124.8 } };
  for (const range of RANGES) {
    const { buckets, ...history } = await readHistory(queue, range);
    const counts = { completed: 2, failed: 1, retried: 1, cancelled: 0, ...times };
    expect(history).toMatchObject({ range, now: START + 105, isKept: true, ...counts });
    expect(buckets.at(-1)).toMatchObject(counts);
    expect(buckets.slice(0, range === "hour" ? -1 : undefined).filter((each) => each.completed > 0)).toHaveLength(
      range === "hour" ? 0 : 1,
    );
  }
});

test("the wait of a delayed job or a retry begins when it is due", async () => {
  const { queue } = redis.queue();
  const a = job({ when: { delayMs: 60_000 } });
  await queue.submit([a]);
  redis.clock.now += 60_003; // 2 to 4 ms
  await claim(queue);
  await settle(queue, retry(a, 5_000));
  redis.clock.now += 5_003;
  await claim(queue, { token: "w.2" });
  await settle(queue, { id: a.id, token: "w.2", outcome: "completed" });
  expect(await readHistory(queue, "hour")).toMatchObject({ completed: 1, retried: 1, waitMs: { p50: 3, p95: 3.9 } });
});

test("a cancel, and a job that fails with its worker, count without times", async () => {
  const { queue } = redis.queue({ leaseMs: 1_000 });
  const [a, b] = [job(), job({ maxRetries: 0 })];
  await running(queue, [b]);
  for (let i = 2; (await queue.status(b.id))!.job.status !== "failed"; i++) {
    redis.clock.now += 1_000;
    await claim(queue, { token: `w.${i}` });
  }
  await queue.submit([a]);
  await queue.cancel(a.id);
  await queue.cancel(a.id);
  expect(await readHistory(queue, "hour")).toMatchObject({ failed: 1, cancelled: 1, waitMs: null, runMs: null });
  expect((await queue.stats()).totals).toMatchObject({ failed: 1, cancelled: 1 });
});

test("what ends no attempt for good is not counted, nor is what comes too late or twice", async () => {
  const { queue } = redis.queue();
  const jobs = [job(), job(), job(), job()];
  const [a, b, c, d] = jobs as [(typeof jobs)[0], (typeof jobs)[0], (typeof jobs)[0], (typeof jobs)[0]];
  await running(queue, jobs);
  await settle(queue, released(a), deferred(b), snoozed(c));
  await settle(queue, completed(d), completed(d));
  await settle(queue, completed(d));
  await settle(queue, { id: a.id, token: "v.1", outcome: "completed" });
  await queue.cancel(a.id);
  await extend(queue, { id: a.id, token: "w.1" });
  expect(await totalsOf(queue)).toEqual({ completed: 1, failed: 0, retried: 0, cancelled: 1 });
});

test("an hour is kept for 32 days", async () => {
  const { queue, prefix } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, completed(a));
  const [key] = await historyKeys(prefix);
  expect(key).toBe(`{${prefix}}:job_queue:history:${Math.floor(START / HOUR)}`);
  const ms = await redis.redis.pttl(key!);
  expect(ms).toBeGreaterThan(31.9 * 24 * HOUR);
  expect(ms).toBeLessThanOrEqual(32 * 24 * HOUR);
});

test("with the history off nothing is written, and what was counted before can be read", async () => {
  const { queue, prefix } = redis.queue({ history: false });
  const [a, b, c] = [job(), job(), job({ maxRetries: 0 })];
  await running(queue, [a, b, c]);
  await settle(queue, completed(a), failed(b));
  await queue.cancel(c.id);
  expect(await historyKeys(prefix)).toEqual([]);
  expect(await readHistory(queue, "day")).toMatchObject({ completed: 0, isKept: false });
});

test("hours that are over for a day are added to their days, once, and the month stays as it is", async () => {
  const { queue, keys, prefix } = redis.queue();
  const jobs = Array.from({ length: 60 }, () => job());
  await queue.submit(jobs);
  for (const [i, { id }] of jobs.entries()) {
    redis.clock.now = START + i * HOUR;
    await queue.cancel(id);
  }
  const before = await readHistory(queue, "month");
  expect(before.cancelled).toBe(60);
  expect(await roll(queue, keys, 10)).toEqual([10]);
  expect(await readHistory(queue, "month")).toEqual(before);
  expect(await roll(queue, keys)).toEqual([25]);
  expect(await roll(queue, keys)).toEqual([0]);
  expect(await readHistory(queue, "month")).toEqual(before);
  expect((await readHistory(queue, "day")).cancelled).toBe(24);
  const left = await historyKeys(prefix);
  expect(left.filter((key) => key.includes(":day:"))).toHaveLength(2);
  expect(left.filter((key) => !key.includes(":day:"))).toHaveLength(25);
  for (const key of left) expect(await redis.redis.pttl(key)).toBeGreaterThan(0);
});

test("trim adds old hours to their days", async () => {
  const { queue, prefix } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, completed(a));
  redis.clock.now += 2 * 24 * HOUR;
  await queue.trim();
  expect((await historyKeys(prefix)).filter((key) => key.includes(":day:"))).toHaveLength(1);
});

test("a history of 31 days takes less than 300 kB, however many jobs there are", async () => {
  const { queue, keys, prefix } = redis.queue();
  const HOURS = 31 * 24;
  const jobs = Array.from({ length: HOURS }, () => job());
  for (let i = 0; i < HOURS; i += 100) await queue.submit(jobs.slice(i, i + 100));
  for (const [i, { id }] of jobs.entries()) {
    redis.clock.now = START + i * HOUR;
    await queue.cancel(id);
    if (i % 12 === 0) await roll(queue, keys);
  }
  let bytes = 0;
  const all = await historyKeys(prefix);
  for (const key of all) bytes += Number(await redis.local.backend.send(["MEMORY", "USAGE", key]));
  expect(all.length).toBeGreaterThan(50); // 30 days, and 25 to 36 hours
  expect(bytes).toBeLessThan(300_000);
  // Its counters are there from the first write on, of a fixed width: more jobs do not make it longer.
  expect(await redis.redis.strlen(keys.history + Math.floor(redis.clock.now / HOUR))).toBe(693 * 4);
});
