import { expect, test } from "vitest";
import { job, START, useRedis } from "../support/redis.ts";
import { claim, released } from "../support/verbs.ts";

const redis = useRedis();
const DUE = START + 5_000;

/** A queue whose only job is due in 5 s, and no worker waits for it yet. */
async function queueWith(more: { lingers?: string; due?: number } = {}) {
  const made = redis.queue({ lingerMs: 10_000 });
  const a = job({ when: { at: more.due ?? DUE } });
  await made.queue.submit([a]);
  if (more.lingers) await redis.redis.set(made.keys.linger, more.lingers, { px: 60_000 });
  return { ...made, a };
}

test("one worker waits for a job that is due soon", async () => {
  const { queue, store } = await queueWith();
  expect((await claim(queue)).claimAgainAt).toBe(DUE);
  expect(await claim(queue, { token: "v.1" })).not.toHaveProperty("claimAgainAt");
  expect((await store.all()).linger).toBe(`w.1 ${DUE}`);
  const ms = (await store.expiries())["job_queue:linger"]!;
  expect(ms).toBeLessThanOrEqual(6_000);
  expect(ms).toBeGreaterThan(2_000);
});

test.each([
  { name: "no worker waits for a job that is due later", due: START + 10_001, lingers: "", waits: false },
  { name: "a job at the very end of the linger is waited for", due: START + 10_000, lingers: "", waits: true },
  {
    name: "a worker that already waits can wait for another job",
    due: DUE,
    lingers: `w.0 ${START + 1_000}`,
    waits: true,
  },
  {
    name: "another worker that waits for an earlier job takes this one, too",
    due: DUE,
    lingers: `v.1 ${DUE - 1}`,
    waits: false,
  },
  { name: "another worker that waits as long is enough", due: DUE, lingers: `v.1 ${DUE}`, waits: false },
  { name: "another worker that waits for a later job is too late", due: DUE, lingers: `v.1 ${DUE + 1}`, waits: true },
  { name: "junk in place of the note is ignored", due: DUE, lingers: "junk", waits: true },
])("$name", async ({ due, lingers, waits }) => {
  const { queue, store } = await queueWith({ due, lingers });
  expect((await claim(queue)).claimAgainAt).toBe(waits ? due : undefined);
  expect((await store.all()).linger).toBe(waits ? `w.1 ${due}` : lingers || undefined);
});

test("a worker's name may contain dots, and two names with the same start are two workers", async () => {
  const { queue } = await queueWith();
  expect((await claim(queue, { token: "host.example.1" })).claimAgainAt).toBe(DUE);
  expect((await claim(queue, { token: "host.other.1" })).claimAgainAt).toBeUndefined();
  expect((await claim(queue, { token: "host.example.2" })).claimAgainAt).toBe(DUE);
});

test("a worker that finds nothing left to wait for removes its note", async () => {
  const { queue, store, a } = await queueWith();
  await claim(queue);
  await queue.cancel(a.id);
  expect(await claim(queue, { token: "w.2" })).not.toHaveProperty("claimAgainAt");
  expect(await store.all()).not.toHaveProperty("linger");
});

test("a worker that leaves while it waits removes its note, and the next worker waits", async () => {
  const { queue, store } = await queueWith();
  await claim(queue);
  expect(await claim(queue, { token: "w.2", count: 0 })).not.toHaveProperty("claimAgainAt");
  expect(await store.all()).not.toHaveProperty("linger");
  expect((await claim(queue, { token: "v.1" })).claimAgainAt).toBe(DUE);
});

test("a worker that leaves jobs behind removes its note, too", async () => {
  const { queue, store } = await queueWith();
  await queue.submit([job()]);
  const [held] = (await claim(queue)).jobs;
  const { claimed } = await queue.step({
    settle: [released({ id: held!.job.id })],
    claim: { token: "w.2", count: 0, arrived: false },
  });
  expect(claimed).toMatchObject({ more: true, wake: true });
  expect(await store.all()).not.toHaveProperty("linger");
  expect((await claim(queue, { token: "v.1" })).claimAgainAt).toBe(DUE);
});

test("no worker waits while jobs are left, since they are a reason to claim again", async () => {
  const { queue, store } = await queueWith();
  await queue.submit([job(), job()]);
  expect(await claim(queue, { count: 1 })).not.toHaveProperty("claimAgainAt");
  expect(await store.all()).not.toHaveProperty("linger");
});

test("a waiting worker that finds more jobs than it can take stops waiting, and the next one waits", async () => {
  const { queue, store } = await queueWith();
  expect((await claim(queue)).claimAgainAt).toBe(DUE);
  await queue.submit([job(), job()]);
  expect(await claim(queue, { token: "w.2", count: 1 })).not.toHaveProperty("claimAgainAt");
  expect(await store.all()).not.toHaveProperty("linger");
  expect((await claim(queue, { token: "v.1" })).claimAgainAt).toBe(DUE);
});

test("a claim that is sent again waits as the first one did", async () => {
  const { queue } = await queueWith();
  await queue.submit([job()]);
  const first = await claim(queue);
  expect(first.claimAgainAt).toBe(DUE);
  expect(await claim(queue)).toEqual({ ...first, more: true });
});

test("if more jobs are due than one sweep can move, the worker claims again immediately", async () => {
  const { queue } = await queueWith();
  await queue.submit(Array.from({ length: 120 }, () => job({ when: { at: DUE } })));
  redis.clock.now = DUE;
  expect(await claim(queue, { count: 200 })).toMatchObject({ jobs: { length: 100 }, claimAgainAt: DUE });
  expect(await claim(queue, { token: "w.2", count: 200 })).toMatchObject({ jobs: { length: 21 } });
});
