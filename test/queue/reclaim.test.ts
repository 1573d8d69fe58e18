import { expect, it } from "vitest";
import { job, jobOf, record, START, useRedis } from "../support/redis.ts";
import { claim, completed, failed, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const expired = (attempt: number, startedAt: number, endedAt: number, worker = "w") => ({
  ...{ attempt, outcome: "lease_expired" as const, started_at: startedAt, ended_at: endedAt, worker },
  error: "LeaseExpired",
  message: "the worker stopped answering: it crashed, froze or ran out of time or memory",
});

it("a job whose lease ran out is ready again, an attempt poorer, and its history says why", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now += 30_000;
  expect(await claim(queue, { token: "v.1", count: 0 })).toMatchObject({
    reclaimed: [{ id: a.id, status: "pending" }],
    more: true,
  });
  expect(await store.all()).toEqual({
    normal: [a.id],
    claims: { "w.1": a.id },
    counters: { lease_expired: 1 },
    records: {
      [a.id]: record(a, { retries: 1, run_at: START + 30_000, attempts: [expired(1, START, START + 30_000)] }),
    },
    wake: "v.1",
  });
});

it("a lease that has a millisecond left is left alone", async () => {
  const { queue, store } = redis.queue();
  await running(queue, [job()]);
  const before = await store.all();
  redis.clock.now += 29_999;
  expect(await claim(queue, { token: "v.1" })).toMatchObject({ jobs: [], reclaimed: [] });
  expect(await store.all()).toEqual(before);
});

it("a lease, a due time or a place in the line that a job has left behind does not move it again", async () => {
  const { queue, store, keys } = redis.queue();
  const [done, busy, gone] = [job(), job(), job()];
  await running(queue, [done, busy, gone]);
  await settle(queue, completed(done), failed(gone));
  const before = await store.all();
  // As a move leaves it that Redis refused half-way: the record tells, the other place does not count.
  await redis.redis.zadd(keys.leases, { score: START, member: done.id });
  await redis.redis.zadd(keys.scheduled, { score: START, member: busy.id });
  await redis.redis.lpush(keys.normal, gone.id);
  const { reclaimed, missing, jobs } = await claim(queue, { token: "v.1" });
  expect({ reclaimed, jobs, missing: missing.sort() }).toEqual({
    ...{ reclaimed: [], jobs: [] },
    missing: [done.id, busy.id, gone.id].sort(),
  });
  expect(await store.all()).toEqual({ ...before, counters: { ...before.counters, missing: 3 } });
});

it("the claim that takes a job back may run it at once", async () => {
  const { queue, store } = redis.queue();
  const a = job({ priority: "low", payload: "7" });
  await running(queue, [a]);
  redis.clock.now += 40_000;
  const now = START + 40_000;
  const again = record(a, {
    ...{ status: "processing", retries: 1, run_at: now, started_at: now, token: "v.1" },
    attempts: [expired(1, START, now)],
  });
  expect(await claim(queue, { token: "v.1" })).toMatchObject({
    jobs: [{ job: jobOf(again), token: "v.1", payload: "7" }],
  });
  expect(await store.all()).toEqual({
    leases: { [a.id]: now + 30_000 },
    claims: { "w.1": a.id, "v.1": a.id },
    counters: { lease_expired: 1 },
    records: { [a.id]: again },
  });
});

it("a job whose last attempt crashed has failed", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job({ maxRetries: 0 }), job({ maxRetries: 1 })];
  await running(queue, [a, b]);
  redis.clock.now += 30_000;
  const now = START + 30_000;
  const { reclaimed } = await claim(queue, { token: "v.1", count: 0 });
  expect(reclaimed.sort((x, y) => x.status.localeCompare(y.status))).toEqual([
    { id: a.id, status: "failed" },
    { id: b.id, status: "pending" },
  ]);
  expect(await store.all()).toEqual({
    normal: [b.id],
    failed: { [a.id]: now },
    claims: { "w.1": `${a.id} ${b.id}` },
    counters: { lease_expired: 2, failed: 1 },
    records: {
      [a.id]: record(a, {
        ...{ status: "failed", started_at: START, finished_at: now },
        attempts: [expired(1, START, now)],
      }),
      [b.id]: record(b, { retries: 1, run_at: now, attempts: [expired(1, START, now)] }),
    },
    wake: "v.1",
  });
});

it("a job that kills every worker runs max_retries + 1 times", async () => {
  const { queue, store } = redis.queue();
  const a = job({ maxRetries: 3 });
  await queue.submit([a]);
  let runs = 0;
  for (let i = 0; i < 10; i++) {
    runs += (await claim(queue, { token: `w${i}.1` })).jobs.length;
    redis.clock.now += 30_000;
  }
  expect(runs).toBe(4);
  expect(await store.places(a.id)).toEqual(["failed"]);
  expect(await store.record(a.id)).toMatchObject({
    retries: 3,
    attempts: [0, 1, 2, 3].map((i) => expired(i + 1, START + i * 30_000, START + (i + 1) * 30_000, `w${i}`)),
  });
});

it("a hundred leases are taken back at a time, the oldest first", async () => {
  const { queue, store } = redis.queue();
  const jobs = Array.from({ length: 120 }, () => job());
  for (const [i, each] of jobs.entries()) {
    redis.clock.now = START + i;
    await running(queue, [each], `w.${i}`);
  }
  redis.clock.now = START + 60_000;
  const { reclaimed } = await claim(queue, { token: "v.1", count: 0 });
  expect(reclaimed.map(({ id }) => id)).toEqual(jobs.slice(0, 100).map(({ id }) => id));
  expect(await store.ready()).toEqual(jobs.slice(0, 100).map(({ id }) => id));
  expect(Object.keys((await store.all()).leases!)).toEqual(jobs.slice(100).map(({ id }) => id));
});

it("the history keeps the first attempt and the last nine", async () => {
  const { queue, store } = redis.queue();
  const a = job({ maxRetries: 20 });
  await queue.submit([a]);
  for (let i = 1; i <= 15; i++) {
    await claim(queue, { token: `w${i}.1` });
    if (i % 3 === 0) redis.clock.now += 30_000;
    else await settle(queue, retry(a, 0, `w${i}.1`));
    const { attempts, retries } = (await store.record(a.id)) as { attempts: { attempt: number }[]; retries: number };
    const ended = i % 3 === 0 ? i - 1 : i;
    expect(retries).toBe(ended);
    const all = Array.from({ length: ended }, (_, n) => n + 1);
    expect(attempts.map(({ attempt }) => attempt)).toEqual(ended > 10 ? [1, ...all.slice(-9)] : all);
  }
});

it("a worker that lost its lease cannot complete the job", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now += 30_000;
  await claim(queue, { token: "v.1" });
  const before = await store.all();
  expect(await settle(queue, completed(a, "1", "w.1"))).toEqual(["lost"]);
  expect(await store.all()).toEqual(before);
  expect(await settle(queue, completed(a, "2", "v.1"))).toEqual(["settled"]);
  expect(await queue.status(a.id)).toMatchObject({ job: { status: "completed" }, result: "2" });
});
