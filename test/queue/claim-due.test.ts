import { expect, test } from "vitest";
import { job, record, START, useRedis } from "../support/redis.ts";
import { claim } from "../support/verbs.ts";

const redis = useRedis();
const held = { status: "processing", started_at: START, token: "w.1" } as const;

test("a due job becomes ready behind the jobs that are ready, and is claimed", async () => {
  const { queue, store } = redis.queue();
  const [later, due, now] = [job({ when: { delayMs: 90_000 } }), job({ when: { delayMs: 60_000 } }), job()];
  await queue.submit([later, due, now]);
  redis.clock.now += 60_000;
  const claimed = await claim(queue, { count: 1 });
  expect(claimed.jobs.map((each) => each.job.id)).toEqual([now.id]);
  expect(await store.all()).toEqual({
    normal: [due.id],
    scheduled: { [later.id]: START + 90_000 },
    leases: { [now.id]: START + 90_000 },
    claims: { "w.1": now.id },
    records: {
      [now.id]: record(now, { ...held, started_at: START + 60_000 }),
      [due.id]: record(due, { run_at: START + 60_000 }),
      [later.id]: record(later, { run_at: START + 90_000 }),
    },
    wake: "w.1",
  });
});

test("due jobs move in the order in which they are due, each to the list of its priority, a hundred at a time", async () => {
  const { queue, store } = redis.queue();
  const jobs = Array.from({ length: 120 }, (_, i) => job({ when: { delayMs: 120_000 - i * 1_000 } }));
  const high = job({ priority: "high", when: { delayMs: 500 } });
  await queue.submit([...jobs, high]);
  redis.clock.now += 120_000;
  expect((await claim(queue, { count: 1 })).jobs.map((each) => each.job.id)).toEqual([high.id]);
  const inTime = jobs.map(({ id }) => id).reverse();
  expect(await store.ready()).toEqual(inTime.slice(0, 99));
  expect(Object.keys((await store.all()).scheduled!)).toEqual(inTime.slice(99));
  await claim(queue, { token: "w.2", count: 1 });
  expect(await store.ready()).toEqual(inTime.slice(1));
});

test("a claim without a sweep leaves due and expired jobs where they are", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job({ when: { delayMs: 1_000 } }), job()];
  await queue.submit([a, b]);
  await claim(queue);
  redis.clock.now += 100_000;
  const before = await store.all();
  expect(await claim(queue, { token: "w.2", sweep: false })).toMatchObject({ jobs: [], reclaimed: [] });
  expect(await store.all()).toEqual(before);
});
