import { expect, test } from "vitest";
import { DEFAULT_RETENTION, type Ending } from "../../lib/queue/worker-queue.ts";
import { INLINE_BYTES, job, START, useRedis } from "../support/redis.ts";
import { completed, failed, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const DAY = 86_400_000;
const all = { ageMs: 10 * DAY, keep: 1_000 };
const KEEP_ALL = { completed: all, failed: all, cancelled: all };

/** A payload that is too large for the record. */
const payload = (n: number) => JSON.stringify(String(n).repeat(INLINE_BYTES));

/** Makes a job of each kind that finishes now. */
async function finishOne(queue: ReturnType<typeof redis.queue>["queue"]) {
  const [done, dead, gone] = [job({ payload: payload(1) }), job({ payload: payload(2) }), job({ payload: payload(3) })];
  await running(queue, [done, dead, gone], `w.${redis.clock.now}`);
  const token = `w.${redis.clock.now}`;
  const endings = [completed(done, "9", token), failed(dead, token)].map((each) => ({ ...each, log: "[]" }) as Ending);
  await settle(queue, ...endings);
  await queue.cancel(gone.id);
  return { done: done.id, dead: dead.id, gone: gone.id };
}

test("completed and cancelled jobs are removed after a day and failed ones after seven, with all of their keys", async () => {
  const { queue, store } = redis.queue({ retention: DEFAULT_RETENTION });
  const { dead } = await finishOne(queue);
  redis.clock.now = START + DAY - 1;
  expect(await queue.trim()).toEqual({ completed: 0, failed: 0, cancelled: 0, more: false });
  redis.clock.now = START + DAY;
  expect(await queue.trim()).toEqual({ completed: 1, failed: 0, cancelled: 1, more: false });
  const { claims: _, counters, records, ...rest } = await store.all();
  const whole = '{"name":"Boom","message":"it broke"}';
  expect(rest).toEqual({
    failed: { [dead]: START },
    payloads: { [dead]: payload(2) },
    errors: { [dead]: whole },
    firstErrors: { [dead]: whole },
    logs: { [dead]: "[]" },
  });
  expect(Object.keys(records!)).toEqual([dead]);
  expect(counters).toEqual({ completed: 1, failed: 1, cancelled: 1 });
  redis.clock.now = START + 7 * DAY;
  expect(await queue.trim()).toEqual({ completed: 0, failed: 1, cancelled: 0, more: false });
  const { claims: __, ...left } = await store.all();
  expect(left).toEqual({ counters });
});

test.each(["completed", "failed", "cancelled"] as const)(
  "only the set number of the latest %s jobs are kept",
  async (kind) => {
    const { queue, store } = redis.queue({ retention: { ...KEEP_ALL, [kind]: { ageMs: DAY, keep: 2 } } });
    const finished: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { done, dead, gone } = await finishOne(queue);
      finished.push({ completed: done, failed: dead, cancelled: gone }[kind]);
      redis.clock.now++;
    }
    expect(await queue.trim()).toEqual({ completed: 0, failed: 0, cancelled: 0, more: false, [kind]: 3 });
    const left = await store.all();
    expect(Object.keys(left[kind]!)).toEqual(finished.slice(3));
    const others = (["completed", "failed", "cancelled"] as const).filter((each) => each !== kind);
    for (const other of others) expect(Object.keys(left[other]!)).toHaveLength(5);
    expect(Object.keys(left.records!)).toHaveLength(12);
    expect(finished.map((id) => id in left.payloads!)).toEqual([false, false, false, true, true]);
  },
);

test("jobs that wait or run are never removed, however old", async () => {
  const none = { ageMs: 0, keep: 0 };
  const { queue, store } = redis.queue({ retention: { completed: none, failed: none, cancelled: none } });
  const [ready, later, active] = [job(), job({ when: { delayMs: 365 * DAY } }), job()];
  await running(queue, [active]);
  await queue.submit([ready, later]);
  redis.clock.now += 100 * DAY;
  const before = await store.all();
  expect(await queue.trim()).toEqual({ completed: 0, failed: 0, cancelled: 0, more: false });
  expect(await store.all()).toEqual(before);
});

test("at most five hundred of a kind are removed at a time, and the answer says that there may be more", async () => {
  const { queue, store } = redis.queue({ retention: { ...KEEP_ALL, completed: { ageMs: 1, keep: 1_000 } } });
  const jobs = Array.from({ length: 700 }, () => job());
  await running(queue, jobs);
  await settle(queue, ...jobs.map((each) => completed(each)));
  redis.clock.now++;
  expect(await queue.trim()).toEqual({ completed: 500, failed: 0, cancelled: 0, more: true });
  expect(Object.keys((await store.all()).records!)).toHaveLength(200);
  expect(await queue.trim()).toEqual({ completed: 200, failed: 0, cancelled: 0, more: false });
  expect(Object.keys(await store.all()).sort()).toEqual(["claims", "counters"]);
});

test("a redriven job is kept beyond the retention of its failure", async () => {
  const { queue, store } = redis.queue({ retention: DEFAULT_RETENTION });
  const { dead } = await finishOne(queue);
  await queue.redrive(dead);
  redis.clock.now += 30 * DAY;
  await queue.trim();
  expect(await store.places(dead)).toEqual(["normal"]);
  expect(await store.record(dead)).toMatchObject({ status: "pending" });
});
