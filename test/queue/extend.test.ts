import { expect, test } from "vitest";
import { job, record, START, type StoredRecord, useRedis } from "../support/redis.ts";
import { claim, completed, extend, failed, released, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const held = { status: "processing", started_at: START, token: "w.1" } as const;

test("an extended lease runs from now, and nothing else changes", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job(), job()];
  await running(queue, [a, b]);
  const before = await store.all();
  redis.clock.now += 15_000;
  expect(await extend(queue, { id: a.id, token: "w.1" })).toEqual(["held"]);
  expect(await store.all()).toEqual({ ...before, leases: { [a.id]: START + 45_000, [b.id]: START + 30_000 } });
});

test("progress is written into the record, and progress without a note removes the last note", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  const note = '"job_id":"x",{"attempt":"}';
  await extend(queue, { id: a.id, token: "w.1", progress: { percent: 33.3, note } });
  expect(await store.record(a.id)).toEqual(record(a, { ...held, progress: 33.3, note }));
  await extend(queue, { id: a.id, token: "w.1" });
  expect(await store.record(a.id)).toEqual(record(a, { ...held, progress: 33.3, note }));
  await extend(queue, { id: a.id, token: "w.1", progress: { percent: 100 } });
  expect(await store.record(a.id)).toEqual(record(a, { ...held, progress: 100 }));
});

test.each([
  { ending: completed, progress: 50 },
  { ending: failed, progress: 50 },
  { ending: retry, progress: undefined },
  { ending: released, progress: undefined },
])("a job that ends as $ending.name has the progress $progress", async ({ ending, progress }) => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await extend(queue, { id: a.id, token: "w.1", progress: { percent: 50, note: "half" } });
  await settle(queue, ending(a));
  expect((await store.record(a.id))?.progress).toBe(progress);
  expect((await store.record(a.id))?.note).toBe(progress && "half");
});

test("a lease that has run out can still be extended if the job was not reclaimed", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now += 300_000;
  expect(await extend(queue, { id: a.id, token: "w.1" })).toEqual(["held"]);
  expect(await claim(queue, { token: "v.1" })).toMatchObject({ jobs: [], reclaimed: [] });
  expect(await store.score("leases", a.id)).toBe(START + 330_000);
});

test("a job that is held but has no lease gets a lease again", async () => {
  const { queue, store, keys } = redis.queue();
  const a = job();
  await running(queue, [a]);
  const before = await store.all();
  await redis.redis.zrem(keys.leases, a.id);
  expect(await extend(queue, { id: a.id, token: "w.1" })).toEqual(["held"]);
  expect(await store.all()).toEqual(before);
});

test("a batch reports what happened to each lease, and changes only held ones", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c, d, e] = [job(), job(), job(), job(), job()];
  await running(queue, [a, b, c, d, e]);
  await queue.cancel(b.id);
  await settle(queue, completed(c), retry(d, 0));
  await claim(queue, { token: "v.1" });
  const before = await store.all();
  redis.clock.now += 1_000;
  const progress = { percent: 1 };
  const leases = [a, b, c, d, job()].map(({ id }) => ({ id, token: "w.1", progress }));
  expect(await extend(queue, ...leases, { id: e.id, token: "w.2", progress })).toEqual([
    ...["held", "cancelled", "lost", "lost", "lost", "lost"],
  ]);
  const { token: _, held_until: __, ...told } = before.records![b.id] as StoredRecord;
  expect(await store.all()).toEqual({
    ...before,
    leases: { ...before.leases, [a.id]: START + 31_000 },
    records: { ...before.records, [a.id]: record(a, { ...held, progress: 1 }), [b.id]: told },
  });
});

test("the start of an attempt that began after its claim is sent once, with its lease, and the record keeps it", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  const startedAt = START + 700;
  await extend(queue, { id: a.id, token: "w.1", startedAt, progress: { percent: 5 } });
  expect(await store.record(a.id)).toEqual(record(a, { ...held, started_at: startedAt, progress: 5 }));
  await extend(queue, { id: a.id, token: "w.1", startedAt: START + 800 });
  expect(await store.record(a.id)).toEqual(record(a, { ...held, started_at: START + 800, progress: 5 }));
  const told = await redis.commandsOf(() => extend(queue, { id: a.id, token: "w.1", startedAt: START + 800 }));
  expect(told).not.toHaveProperty("mset");
  await settle(queue, completed(a));
  expect(await store.record(a.id)).toMatchObject({ status: "completed", started_at: START + 800 });
});
