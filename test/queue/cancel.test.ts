import { expect, test } from "vitest";
import { job, jobOf, record, START, useRedis } from "../support/redis.ts";
import { claim, completed, extend, failed, released, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const NOW = START + 5_000;

test.each(["high", "normal", "low"] as const)(
  "a cancelled ready job of priority %s leaves its list, and no other job does",
  async (priority) => {
    const { queue, store } = redis.queue();
    const [a, b, c] = [job({ priority }), job({ priority, payload: "1" }), job({ priority })];
    await queue.submit([a, b, c]);
    redis.clock.now = NOW;
    const cancelled = record(b, { status: "cancelled", finished_at: NOW });
    expect(await queue.cancel(b.id)).toEqual({ outcome: "cancelled", job: jobOf(cancelled) });
    expect(await store.all()).toEqual({
      [priority]: [a.id, c.id],
      cancelled: { [b.id]: NOW },
      counters: { cancelled: 1 },
      records: { [a.id]: record(a), [b.id]: cancelled, [c.id]: record(c) },
      wake: a.id,
    });
  },
);

test("a scheduled job is cancelled before its time", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job({ when: { delayMs: 60_000 } }), job({ when: { delayMs: 60_000 } })];
  await queue.submit([a, b]);
  expect(await queue.cancel(a.id)).toMatchObject({ outcome: "cancelled" });
  expect(await store.all()).toEqual({
    scheduled: { [b.id]: START + 60_000 },
    cancelled: { [a.id]: START },
    counters: { cancelled: 1 },
    records: {
      [a.id]: record(a, { status: "cancelled", run_at: START + 60_000, finished_at: START }),
      [b.id]: record(b, { run_at: START + 60_000 }),
    },
  });
});

test("a cancelled running job has the attempt in its history, and its worker is told", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now = NOW;
  await queue.cancel(a.id);
  const expected = {
    cancelled: { [a.id]: NOW },
    claims: { "w.1": a.id },
    counters: { cancelled: 1 },
    records: {
      [a.id]: record(a, {
        status: "cancelled",
        started_at: START,
        finished_at: NOW,
        token: "w.1",
        held_until: NOW + 30_000,
        attempts: [{ attempt: 1, outcome: "cancelled", started_at: START, ended_at: NOW, worker: "w" }],
      }),
    },
  };
  expect(await store.all()).toEqual(expected);
  expect(await extend(queue, { id: a.id, token: "w.1" })).toEqual(["cancelled"]);
  const { token: _, held_until: __, ...told } = expected.records[a.id]!;
  for (const ending of [completed(a, "1"), retry(a), failed(a), released(a)])
    expect(await settle(queue, ending)).toEqual(["cancelled"]);
  expect(await store.all()).toEqual({ ...expected, records: { [a.id]: told } });
});

test("a job that waits again can be cancelled wherever it waits", async () => {
  const { queue, store } = redis.queue();
  const [due, back, later] = [job(), job({ priority: "low" }), job()];
  await running(queue, [due, back, later]);
  await settle(queue, retry(due, 1), released(back), retry(later, 60_000));
  redis.clock.now += 1;
  await claim(queue, { token: "v.1", count: 0 });
  expect(await Promise.all([due, back, later].map(({ id }) => store.places(id)))).toEqual([
    ...[["normal"], ["low"], ["scheduled"]],
  ]);
  for (const { id } of [due, back, later]) expect(await queue.cancel(id)).toMatchObject({ outcome: "cancelled" });
  const contents = await store.all();
  expect(Object.keys(contents.cancelled!).sort()).toEqual([due.id, back.id, later.id].sort());
  const left = ["cancelled", "claims", "counters", "errors", "firstErrors", "records", "wake"];
  expect(Object.keys(contents).sort()).toEqual(left);
});

test.each([
  { ending: completed, status: "completed" },
  { ending: failed, status: "failed" },
])("a job that has $status cannot be cancelled", async ({ ending, status }) => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, ending(a));
  const before = await store.all();
  expect(await queue.cancel(a.id)).toMatchObject({ outcome: "finished", job: { status, id: a.id } });
  expect(await store.all()).toEqual(before);
});

test("an unknown job is missing", async () => {
  const { queue, store } = redis.queue();
  expect(await queue.cancel(job().id)).toEqual({ outcome: "missing" });
  expect(await store.all()).toEqual({});
});

test("a cancelled job never runs", async () => {
  const { queue } = redis.queue();
  const [a, b, c] = [job(), job({ when: { delayMs: 1 } }), job()];
  await queue.submit([a, b, c]);
  await queue.cancel(a.id);
  await queue.cancel(b.id);
  redis.clock.now += 60_000;
  expect((await claim(queue)).jobs.map((each) => each.job.id)).toEqual([c.id]);
});
