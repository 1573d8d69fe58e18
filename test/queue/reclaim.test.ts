import { expect, test } from "vitest";
import { job, jobOf, record, START, useRedis } from "../support/redis.ts";
import { claim, completed, failed, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const expired = (attempt: number, startedAt: number, endedAt: number, worker = "w") => ({
  attempt,
  outcome: "lease_expired" as const,
  started_at: startedAt,
  ended_at: endedAt,
  worker,
  counted: false,
  error: "LeaseExpired",
  message: expect.stringMatching(
    /^the worker stopped answering: .*Other jobs ran beside this one, so the attempt is not counted$/,
  ),
});

test("a job whose lease ran out becomes a suspect with its attempt unspent, and its history says why", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now += 30_000;
  expect(await claim(queue, { token: "v.1", count: 0 })).toMatchObject({
    reclaimed: [{ id: a.id, status: "pending" }],
    more: true,
    wake: true,
    suspects: true,
    isolated: false,
  });
  expect(await store.all()).toEqual({
    suspects: [a.id],
    claims: { "w.1": a.id },
    counters: { lease_expired: 1 },
    records: {
      [a.id]: record(a, { crashes: 1, run_at: START + 30_000, attempts: [expired(1, START, START + 30_000)] }),
    },
    wake: "v.1",
  });
});

test("a lease with a millisecond left is not touched", async () => {
  const { queue, store } = redis.queue();
  await running(queue, [job()]);
  const before = await store.all();
  redis.clock.now += 29_999;
  expect(await claim(queue, { token: "v.1" })).toMatchObject({ jobs: [], reclaimed: [] });
  expect(await store.all()).toEqual(before);
});

test("an old lease, due time or list entry of a job does not move it again", async () => {
  const { queue, store, keys } = redis.queue();
  const [done, busy, gone] = [job(), job(), job()];
  await running(queue, [done, busy, gone]);
  await settle(queue, completed(done), failed(gone));
  const before = await store.all();
  // As after a move that Redis refused halfway: the record decides, and the other place does not count.
  await redis.redis.zadd(keys.leases, { score: START, member: done.id });
  await redis.redis.zadd(keys.scheduled, { score: START, member: busy.id });
  await redis.redis.lpush(keys.normal, gone.id);
  const { reclaimed, missing, jobs } = await claim(queue, { token: "v.1" });
  expect({ reclaimed, jobs, missing: missing.sort() }).toEqual({
    reclaimed: [],
    jobs: [],
    missing: [done.id, busy.id, gone.id].sort(),
  });
  expect(await store.all()).toEqual({ ...before, counters: { ...before.counters, missing: 3 } });
});

test("a worker without jobs whose claim takes a job back runs it immediately, alone", async () => {
  const { queue, store } = redis.queue();
  const a = job({ priority: "low", payload: "7" });
  await running(queue, [a]);
  redis.clock.now += 40_000;
  const now = START + 40_000;
  const again = record(a, {
    status: "processing",
    crashes: 1,
    alone: true,
    run_at: now,
    started_at: now,
    token: "v.1",
    attempts: [expired(1, START, now)],
  });
  expect(await claim(queue, { token: "v.1" })).toMatchObject({
    isolated: true,
    suspects: false,
    jobs: [{ job: jobOf(again), token: "v.1", payload: "7" }],
  });
  expect(await store.all()).toEqual({
    leases: { [a.id]: now + 30_000 },
    claims: { "w.1": a.id, "v.1": a.id },
    counters: { lease_expired: 1 },
    records: { [a.id]: again },
  });
});

test("a job whose last attempt crashed while it ran alone fails", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job({ maxRetries: 0 }), job({ maxRetries: 1 })];
  for (const [i, each] of [a, b].entries()) {
    await running(queue, [each], `w.${i}`);
    redis.clock.now += 30_000;
    await claim(queue, { token: `v.${i}` });
    redis.clock.now += 30_000;
    const { reclaimed } = await claim(queue, { token: `u.${i}`, count: 0 });
    expect(reclaimed).toEqual([{ id: each.id, status: each === a ? "failed" : "pending" }]);
  }
  const alone = { outcome: "lease_expired", alone: true, message: expect.stringMatching(/ran alone$/) };
  const { failed: dead, suspects, counters, records } = await store.all();
  expect({ dead, suspects }).toEqual({ dead: { [a.id]: START + 60_000 }, suspects: [b.id] });
  expect(counters).toEqual({ lease_expired: 4, failed: 1 });
  expect(records![a.id]).toMatchObject({ status: "failed", retries: 0, attempts: [{ counted: false }, alone] });
  expect(records![a.id]).not.toHaveProperty("crashes");
  expect(records![b.id]).toMatchObject({
    status: "pending",
    retries: 1,
    crashes: 2,
    attempts: [{ counted: false }, alone],
  });
});

test("a job that kills every worker runs once beside others, and then max_retries + 1 times alone", async () => {
  const { queue, store } = redis.queue();
  const a = job({ maxRetries: 3 });
  await queue.submit([a]);
  let runs = 0;
  for (let i = 0; i < 10; i++) {
    runs += (await claim(queue, { token: `w${i}.1` })).jobs.length;
    redis.clock.now += 30_000;
  }
  expect(runs).toBe(5);
  expect(await store.places(a.id)).toEqual(["failed"]);
  const { retries, attempts } = (await store.record(a.id)) as unknown as {
    retries: number;
    attempts: { attempt: number; worker: string; counted?: boolean; alone?: boolean }[];
  };
  expect(retries).toBe(3);
  expect(
    attempts.map(({ attempt, worker, counted = true, alone = false }) => [attempt, worker, counted, alone]),
  ).toEqual([[1, "w0", false, false], ...[1, 2, 3, 4].map((attempt) => [attempt, `w${attempt}`, true, true])]);
});

test("from the tenth crash on every crash counts, whatever else was running", async () => {
  const { queue, store, keys } = redis.queue();
  const a = job({ maxRetries: 1 });
  await queue.submit([a]);
  await redis.redis.set(keys.jobPrefix + a.id, JSON.stringify(record(a)).replace('"job_id"', '"crashes":8,"job_id"'));
  await redis.redis.lrem(keys.normal, 1, a.id);
  await redis.redis.lpush(keys.normal, a.id); // as if a worker that holds other jobs had taken it
  const crash = async (n: number) => {
    await redis.redis.eval(
      "redis.call('LREM', KEYS[1], 0, ARGV[1]) return redis.call('LPUSH', KEYS[2], ARGV[1])",
      [keys.suspects, keys.normal],
      [a.id],
    );
    await claim(queue, { token: `w${n}.1`, holding: 1 });
    redis.clock.now += 30_000;
    await claim(queue, { token: `v${n}.1`, count: 0 });
    return store.record(a.id);
  };
  expect(await crash(1)).toMatchObject({ crashes: 9, retries: 0 });
  expect(await crash(2)).toMatchObject({ crashes: 10, retries: 1 });
  expect(await crash(3)).toMatchObject({ status: "failed", retries: 1 });
});

test("a hundred leases are taken back at a time, the oldest first", async () => {
  const { queue, store } = redis.queue();
  const jobs = Array.from({ length: 120 }, () => job());
  for (const [i, each] of jobs.entries()) {
    redis.clock.now = START + i;
    await running(queue, [each], `w.${i}`);
  }
  redis.clock.now = START + 60_000;
  const { reclaimed } = await claim(queue, { token: "v.1", count: 0 });
  expect(reclaimed.map(({ id }) => id)).toEqual(jobs.slice(0, 100).map(({ id }) => id));
  expect((await store.all()).suspects).toEqual(jobs.slice(0, 100).map(({ id }) => id));
  expect(Object.keys((await store.all()).leases!)).toEqual(jobs.slice(100).map(({ id }) => id));
});

test("the history keeps the first attempt and the last nine", async () => {
  const { queue, store } = redis.queue();
  const a = job({ maxRetries: 20 });
  await queue.submit([a]);
  for (let i = 1; i <= 15; i++) {
    await claim(queue, { token: `w${i}.1` });
    if (i % 3 === 0) redis.clock.now += 30_000;
    else await settle(queue, retry(a, 0, `w${i}.1`));
    const { attempts } = (await store.record(a.id)) as { attempts: { worker: string }[] };
    const ended = i % 3 === 0 ? i - 1 : i;
    const all = Array.from({ length: ended }, (_, n) => `w${n + 1}`);
    expect(attempts.map(({ worker }) => worker)).toEqual(ended > 10 ? ["w1", ...all.slice(-9)] : all);
  }
});

test("a worker that lost its lease cannot complete the job", async () => {
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
