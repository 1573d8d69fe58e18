import { expect, test } from "vitest";
import { listJobs } from "../../lib/queue/listing.ts";
import { job, jobOf, record, START, useRedis } from "../support/redis.ts";
import { claim, completed, deferred, released, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const held = { status: "processing", started_at: START, token: "w.1" } as const;

test("a claimed job is processing, has a lease under the token, and its attempt has begun", async () => {
  const { queue, store } = redis.queue({ leaseMs: 30_000 });
  const a = job({ payload: "[1]" });
  await queue.submit([a]);
  expect(await claim(queue)).toEqual({
    now: START,
    wake: false,
    more: false,
    reclaimed: [],
    missing: [],
    isolated: false,
    suspects: false,
    jobs: [{ job: jobOf(record(a, held)), token: "w.1", payload: "[1]" }],
  });
  expect(await store.all()).toEqual({
    leases: { [a.id]: START + 30_000 },
    claims: { "w.1": a.id },
    records: { [a.id]: record(a, held) },
  });
  expect((await store.expiries())["job_queue:claim:w.1"]).toBeGreaterThan(25_000);
});

test("a claim that finds nothing leaves nothing in the store", async () => {
  const { queue, store } = redis.queue();
  const nothing = { jobs: [], reclaimed: [], missing: [], isolated: false, suspects: false };
  expect(await claim(queue)).toEqual({ now: START, wake: false, more: false, ...nothing });
  expect(await store.all()).toEqual({});
});

test("jobs are claimed in the order in which they were submitted", async () => {
  const { queue } = redis.queue();
  const jobs = Array.from({ length: 25 }, () => job());
  for (const each of jobs.slice(0, 5)) await queue.submit([each]);
  await queue.submit(jobs.slice(5));
  const ids: string[] = [];
  for (const count of [1, 10, 10, 10]) {
    const claimed = await claim(queue, { token: `w.${ids.length}`, count });
    ids.push(...claimed.jobs.map((each) => each.job.id));
  }
  expect(ids).toEqual(jobs.map(({ id }) => id));
});

test.each([
  { count: 2, taken: ["h1", "h2"], more: true },
  { count: 3, taken: ["h1", "h2", "n1"], more: true },
  { count: 5, taken: ["h1", "h2", "n1", "n2", "l1"], more: true },
  { count: 6, taken: ["h1", "h2", "n1", "n2", "l1", "l2"], more: false },
  { count: 7, taken: ["h1", "h2", "n1", "n2", "l1", "l2"], more: false },
])("high goes before normal and normal before low: $count take $taken", async ({ count, taken, more }) => {
  const { queue } = redis.queue();
  const order = ["l1", "n1", "h1", "l2", "h2", "n2"];
  const priorities = { h: "high", n: "normal", l: "low" } as const;
  await queue.submit(order.map((task) => job({ task, priority: priorities[task[0] as "h"] })));
  const claimed = await claim(queue, { count });
  expect(claimed.jobs.map((each) => each.job.task)).toEqual(taken);
  expect(claimed.more).toBe(more);
});

test.each([
  { count: 2, taken: ["l1", "l2"], more: true },
  { count: 3, taken: ["l1", "l2", "n1"], more: true },
  { count: 5, taken: ["l1", "l2", "n1", "n2", "h1"], more: true },
  { count: 7, taken: ["l1", "l2", "n1", "n2", "h1", "h2"], more: false },
])("low goes first in every twentieth claim of a worker: $count take $taken", async ({ count, taken, more }) => {
  for (const token of ["w.20", "eu.w-3.4000"]) {
    const { queue } = redis.queue();
    const order = ["l1", "n1", "h1", "l2", "h2", "n2"];
    const priorities = { h: "high", n: "normal", l: "low" } as const;
    await queue.submit(order.map((task) => job({ task, priority: priorities[task[0] as "h"] })));
    const claimed = await claim(queue, { token, count });
    expect(claimed.jobs.map((each) => each.job.task)).toEqual(taken);
    expect(claimed.more).toBe(more);
  }
});

test("a low job under a flood of high ones is claimed within twenty claims, and high jobs get all others", async () => {
  const { queue } = redis.queue();
  const low = [job({ priority: "low" }), job({ priority: "low" })];
  await queue.submit(low);
  const lowAt: number[] = [];
  for (let number = 1; number <= 45; number++) {
    await queue.submit([job({ priority: "high" })]);
    const claimed = await claim(queue, { token: `w.${number}`, count: 1 });
    expect(claimed.jobs).toHaveLength(1);
    if (claimed.jobs[0]!.job.priority === "low") lowAt.push(number);
  }
  expect(lowAt).toEqual([20, 40]);
});

test("high and low jobs are taken if the normal list is empty", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job({ priority: "low" }), job({ priority: "high" })];
  await queue.submit([a, b]);
  expect((await claim(queue)).jobs.map((each) => each.job.id)).toEqual([b.id, a.id]);
  expect(Object.keys((await store.all()).leases!).sort()).toEqual([a.id, b.id].sort());
});

test("a claim of zero jobs takes none and says whether jobs are ready", async () => {
  const { queue, store } = redis.queue();
  expect(await claim(queue, { count: 0 })).toMatchObject({ jobs: [], more: false, wake: false });
  const a = job();
  await queue.submit([a]);
  expect(await claim(queue, { count: 0 })).toMatchObject({ jobs: [], more: true, wake: true });
  expect(await store.all()).toEqual({ normal: [a.id], records: { [a.id]: record(a) }, wake: "w.1" });
});

test("a claim of more jobs than Lua can unpack takes a thousand and leaves the rest", async () => {
  const { queue, store } = redis.queue();
  const jobs = Array.from({ length: 1_200 }, () => job());
  await queue.submit(jobs);
  const claimed = await claim(queue, { count: 100_000 });
  expect(claimed.jobs.map((each) => each.job.id)).toEqual(jobs.slice(0, 1_000).map(({ id }) => id));
  expect(claimed.more).toBe(true);
  expect(await store.ready()).toEqual(jobs.slice(1_000).map(({ id }) => id));
  const endings = claimed.jobs.map((each) => completed({ id: each.job.id }, "1"));
  expect(new Set(await settle(queue, ...endings))).toEqual(new Set(["settled"]));
});

test("a claim stops at its byte budget, and the rest stays in order", async () => {
  const { queue, store } = redis.queue();
  const big = JSON.stringify("x".repeat(1_500_000));
  const jobs = (["low", "high", "normal", "normal", "low"] as const).map((priority, i) =>
    job({ priority, task: `t${i}`, payload: big }),
  );
  const [e, a, b, c, f] = jobs.map(({ id }) => id);
  for (const each of jobs) await queue.submit([each]);
  const claimed = await claim(queue);
  expect(claimed.jobs.map((each) => each.job.id)).toEqual([a, b]);
  expect(claimed.more).toBe(true);
  const { normal, low, leases } = await store.all();
  expect({ normal, low, leases: Object.keys(leases!).sort() }).toEqual({
    normal: [c],
    low: [e, f],
    leases: [a, b].sort(),
  });
});

test("jobs that do not fit into a claim that began with the lowest priority go back to their lists in order", async () => {
  const { queue, store } = redis.queue();
  const big = JSON.stringify("x".repeat(1_500_000));
  const jobs = (["high", "low", "normal", "low", "high", "normal"] as const).map((priority) =>
    job({ priority, payload: big }),
  );
  for (const each of jobs) await queue.submit([each]);
  const [a, b, c, d, e, f] = jobs.map(({ id }) => id);
  const claimed = await claim(queue, { token: "w.20" });
  expect(claimed.jobs.map((each) => each.job.id)).toEqual([b, d]);
  const { high, normal, low } = await store.all();
  expect({ high, normal, low }).toEqual({ high: [a, e], normal: [c, f], low: undefined });
});

test("at most a thousand jobs of a task are offered, and those that do not fit into a claim stay on offer", async () => {
  const { queue, store } = redis.queue();
  const payload = JSON.stringify("x".repeat(200_000));
  const large = Array.from({ length: 25 }, () => job({ payload }));
  const small = Array.from({ length: 1_001 }, () => job({ task: "small" }));
  await queue.submit([...large, ...small.slice(0, 10)]);
  await queue.submit(small.slice(10));
  for (let n = 1, left = true; left; n++) {
    const { jobs, more } = await claim(queue, { token: `v.${n}`, count: 1_000 });
    await settle(queue, ...jobs.map((each) => deferred(each.job, 15_000, `v.${n}`)));
    left = more;
  }
  const { jobs, more } = await claim(queue, { token: "w.1", count: 25, tasks: ["note", "small"] });
  expect([jobs.length, more]).toEqual([20, true]); // 4 MB
  const { offers, strange } = await store.all();
  expect(offers!.note).toEqual(large.slice(20).map(({ id }) => id));
  expect(offers!.small).toHaveLength(1_000);
  expect(strange).toBeUndefined();
});

test("a claim always takes at least one job, whatever its size", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job({ payload: JSON.stringify("x".repeat(5_000_000)) }), job()];
  await queue.submit([a]);
  await queue.submit([b]);
  const claimed = await claim(queue);
  expect(claimed.jobs.map((each) => each.payload?.length)).toEqual([5_000_002]);
  expect(await store.ready()).toEqual([b.id]);
});

test("released jobs are claimed before all others, in order, with no attempt spent", async () => {
  const { queue } = redis.queue();
  const [a, b, c] = [job(), job(), job()];
  await queue.submit([a, b, c]);
  await claim(queue, { count: 2 });
  await settle(queue, released(a), released(b));
  const claimed = await claim(queue, { token: "w.2", count: 3 });
  expect(claimed.jobs.map((each) => [each.job.id, each.job.retries])).toEqual([
    [a.id, 0],
    [b.id, 0],
    [c.id, 0],
  ]);
});

test("an id that is listed twice runs once", async () => {
  const { queue, store, keys } = redis.queue();
  const [a, b] = [job(), job()];
  await queue.submit([a, b]);
  await redis.redis.lpush(keys.normal, a.id, b.id, a.id);
  const claimed = await claim(queue, { count: 4 });
  expect(claimed.jobs.map((each) => each.job.id)).toEqual([a.id, b.id]);
  expect(claimed.missing).toEqual([a.id, b.id]);
  expect(await claim(queue, { token: "w.2" })).toMatchObject({ jobs: [], missing: [a.id] });
  expect(await store.all()).toMatchObject({ counters: { missing: 3 }, leases: { [a.id]: START + 30_000 } });
});

test("a claim takes no job that runs, is not due or has finished, even if a list has its id", async () => {
  const { queue, store, keys } = redis.queue();
  const [a, b, c] = [job(), job({ when: { delayMs: 60_000 } }), job()];
  await running(queue, [a, c]);
  await queue.submit([b]);
  await settle(queue, completed(c));
  const before = await store.all();
  await redis.redis.lpush(keys.high, a.id, c.id);
  expect(await claim(queue, { token: "w.2" })).toMatchObject({ jobs: [], missing: [a.id, c.id] });
  expect(await store.all()).toEqual({ ...before, counters: { ...before.counters, missing: 2 } });
});

test("a payload inside the record counts only once against the byte budget", async () => {
  const { queue } = redis.queue();
  // Each record has more than 4 MB / 1,000: 4,194,304 bytes hold 906 of them, and would hold 8,000 empty ones.
  const task = "t".repeat(4_000);
  const jobs = Array.from({ length: 1_000 }, () => job({ task, payload: JSON.stringify("x".repeat(400)) }));
  for (let i = 0; i < jobs.length; i += 100) await queue.submit(jobs.slice(i, i + 100));
  const size = JSON.stringify(record(jobs[0]!)).length;
  const claimed = await claim(queue, { count: 1_000 });
  expect(claimed.jobs).toHaveLength(Math.floor((4 * 1024 * 1024) / size));
  expect(claimed.jobs[0]!.payload).toBe(jobs[0]!.payload);
});

test("members of the schedule that are not jobs stay there, due or not, and are not reported", async () => {
  const { queue, store, keys } = redis.queue();
  const [due, later] = [job({ when: { delayMs: 1_000 } }), job({ when: { delayMs: 9_000 } })];
  await queue.submit([due, later]);
  const others = { "x:nightly": START, "y:note": START + 1_500, "cron:hourly": START + 5_000 };
  for (const [member, score] of Object.entries(others)) await redis.redis.zadd(keys.scheduled, { score, member });
  redis.clock.now += 2_000;
  const claimed = await claim(queue);
  expect(claimed).toMatchObject({ jobs: [{ job: { id: due.id } }], missing: [], claimAgainAt: START + 5_000 });
  const { scheduled, counters } = await store.all();
  expect({ scheduled, counters }).toEqual({ scheduled: { ...others, [later.id]: START + 9_000 }, counters: undefined });
  expect(await listJobs(redis.redis, keys, { status: "pending", limit: 10 })).toMatchObject({
    jobs: [{ job: { id: later.id } }],
  });
  await queue.stats();
  await queue.trim();
  expect((await store.all()).scheduled).toEqual(scheduled);
});
