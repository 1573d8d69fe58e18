import { expect, test } from "vitest";
import { job, useRedis } from "../support/redis.ts";
import { claim, failed, released, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const WOKEN = "the id of a submitted job";
const AGAIN = 2_000;

/** A queue on which at most 3 jobs run at a time, with a wake flag left by someone else. */
async function queueWith({ ready = 0, leased = 0, flag = "" }: { ready?: number; leased?: number; flag?: string }) {
  const made = redis.queue({ maxRunning: 3, wakeMs: 5_000 });
  const jobs = Array.from({ length: leased + ready }, () => job());
  if (jobs.length > 0) await made.queue.submit(jobs);
  if (leased > 0) await claim(made.queue, { token: "other.1", count: leased });
  await redis.redis.del(made.keys.wake);
  if (flag !== "") await redis.redis.set(made.keys.wake, flag, { px: 60_000 });
  return made;
}

test.each([
  { flag: "", arrived: false, wakes: true },
  { flag: "", arrived: true, wakes: true },
  { flag: WOKEN, arrived: true, wakes: true },
  { flag: WOKEN, arrived: false, wakes: false },
  { flag: "again v.1", arrived: true, wakes: false },
  { flag: "again v.1", arrived: false, wakes: false },
  { flag: "again w.0", arrived: true, wakes: true },
  { flag: "again w.0", arrived: false, wakes: true },
])(
  "a claim that leaves jobs, with the flag '$flag' and arrived $arrived, wakes one more worker: $wakes",
  async (given) => {
    const { queue, store } = await queueWith({ ready: 2, flag: given.flag });
    const answer = await claim(queue, { count: 1, arrived: given.arrived, againMs: AGAIN });
    expect(answer).toMatchObject({ more: true, wake: given.wakes });
    expect((await store.all()).wake).toBe(given.wakes ? "w.1" : given.flag);
    const ms = (await store.expiries())["job_queue:wake"]!;
    expect(Math.abs(ms - (given.wakes ? 5_000 : 60_000))).toBeLessThan(4_000);
  },
);

test.each([
  { flag: "", left: undefined },
  { flag: WOKEN, left: undefined },
  { flag: "again w.0", left: undefined },
  { flag: "again v.1", left: "again v.1" },
])("no more workers are woken while as many jobs run as are allowed (flag '$flag')", async ({ flag, left }) => {
  const { queue, store } = await queueWith({ leased: 2, ready: 2, flag });
  expect(await claim(queue, { count: 1 })).toMatchObject({ more: true, wake: false });
  expect((await store.all()).wake).toBe(left);
});

test.each([
  { flag: "", arrived: true, left: undefined },
  { flag: WOKEN, arrived: true, left: undefined },
  { flag: WOKEN, arrived: false, left: undefined },
  { flag: "again w.0", arrived: false, left: undefined },
  { flag: "again v.1", arrived: false, left: "again v.1" },
  { flag: "again v.1", arrived: true, left: "again v.1" },
])(
  "a claim that leaves no jobs clears the flag '$flag', unless another worker made a promise",
  async ({ flag, arrived, left }) => {
    const { queue, store } = await queueWith({ ready: 1, flag });
    expect(await claim(queue, { count: 2, arrived })).toMatchObject({ more: false, wake: false });
    expect((await store.all()).wake).toBe(left);
  },
);

test("a worker with room may promise to claim again, and until then submits wake no worker", async () => {
  const { queue, store } = await queueWith({ ready: 1, flag: WOKEN });
  expect(await claim(queue, { count: 2, againMs: AGAIN })).toMatchObject({ wake: false });
  expect((await store.all()).wake).toBe("again w.1");
  expect((await store.expiries())["job_queue:wake"]).toBeLessThanOrEqual(AGAIN);
  expect(await queue.submit([job()])).toMatchObject({ wake: false });
  expect(await claim(queue, { token: "w.2", count: 2, arrived: false })).toMatchObject({ jobs: [{ token: "w.2" }] });
  expect(await store.all()).not.toHaveProperty("wake");
  expect(await queue.submit([job()])).toMatchObject({ wake: true });
});

test.each([0, 1])("a worker without room (%i slots, all taken) cannot make that promise", async (count) => {
  const { queue, store } = await queueWith({ ready: count, flag: WOKEN });
  await claim(queue, { count, againMs: AGAIN });
  expect(await store.all()).not.toHaveProperty("wake");
});

test("a claim that is sent again wakes for the jobs that it left, but not after a promise", async () => {
  const { queue } = await queueWith({ ready: 2 });
  const all = { token: "w.2", count: 2, arrived: false, againMs: AGAIN };
  expect(await claim(queue, { count: 1 })).toMatchObject({ wake: true });
  expect(await claim(queue, { count: 1 })).toMatchObject({ wake: true });
  expect(await claim(queue, all)).toMatchObject({ wake: false });
  expect(await claim(queue, all)).toMatchObject({ wake: false });
});

test("a claim that stops at its byte budget wakes one more worker for the rest", async () => {
  const { queue, store } = await queueWith({});
  await queue.submit([1, 2].map(() => job({ payload: JSON.stringify("x".repeat(3_000_000)) })));
  expect(await claim(queue, { count: 10 })).toMatchObject({ more: true, wake: true });
  expect((await store.all()).wake).toBe("w.1");
});

test("a worker that gives jobs back and claims none learns that another must be woken", async () => {
  const { queue, store } = await queueWith({});
  const a = job();
  await running(queue, [a]);
  const { settled, claimed } = await queue.step({
    settle: [released(a)],
    claim: { token: "w.2", count: 0, arrived: false },
  });
  expect(settled).toEqual(["settled"]);
  expect(claimed).toMatchObject({ jobs: [], more: true, wake: true });
  expect((await store.all()).wake).toBe("w.2");
});

test("a submit that is sent again wakes again until there was a claim", async () => {
  const { queue } = await queueWith({});
  const a = job();
  expect(await queue.submit([a])).toMatchObject({ outcome: "accepted", wake: true });
  expect(await queue.submit([a])).toMatchObject({ outcome: "exists", wake: true });
  await claim(queue, { count: 0 });
  await claim(queue, { token: "w.2" });
  expect(await queue.submit([a])).toMatchObject({ outcome: "exists", wake: false });
});

test.each([
  { name: "ready", when: {}, wake: true },
  { name: "due soon", when: { when: { delayMs: 10_000 } }, wake: true },
  { name: "due later", when: { when: { delayMs: 10_001 } }, wake: false },
])(
  "a submit that is sent again after the flag expired wakes for a job that is $name: $wake",
  async ({ when, wake }) => {
    const { queue, keys, store } = await queueWith({});
    const a = job(when);
    await queue.submit([a]);
    await redis.redis.del(keys.wake);
    const before = await store.all();
    expect(await queue.submit([a])).toMatchObject({ outcome: "exists", wake });
    expect(await store.all()).toEqual(before);
  },
);

test("a redriven job wakes a worker as a submitted one does, also when the request is sent again", async () => {
  const { queue, keys, store } = await queueWith({});
  const [a, b] = [job(), job()];
  await running(queue, [a, b]);
  await settle(queue, failed(a), failed(b));
  expect(await queue.redrive(a.id, "r1")).toMatchObject({ wake: true });
  expect((await store.all()).wake).toBe("r1");
  expect(await queue.redrive(a.id, "r1")).toMatchObject({ wake: true });
  expect(await queue.redrive(b.id, "r2")).toMatchObject({ wake: false });
  await redis.redis.del(keys.wake);
  expect(await queue.redrive(a.id, "r1")).toMatchObject({ wake: true });
  await claim(queue, { token: "w.2" });
  expect(await queue.redrive(a.id, "r1")).toMatchObject({ outcome: "redriven", wake: false });
});
