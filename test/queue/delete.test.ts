import { expect, test } from "vitest";
import { job, START, total, useRedis } from "../support/redis.ts";
import { claim, completed, deferred, extend, failed, retry, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const LARGE = JSON.stringify("x".repeat(1_000));
const details = { log: '["said"]', whole: "{}" };

test("a deleted job leaves nothing behind, wherever it was", async () => {
  const { queue, store } = redis.queue();
  const ready = (["high", "normal", "low"] as const).map((priority) => job({ priority, payload: LARGE }));
  const [done, dead, retried, unknown, suspect] = [job(), job({ payload: LARGE }), job(), job(), job()];
  await running(queue, [suspect]);
  redis.clock.now += 30_000;
  await claim(queue, { token: "v.1", count: 0 });
  const [cancelled, delayed] = [job(), job({ when: { delayMs: 60_000 } })];
  await queue.submit([done, dead, retried, unknown]);
  await claim(queue, { token: "w.2", holding: 1 });
  const of = (ending: object) => ({ ...ending, ...details }) as never;
  await settle(queue, of(completed(done, "1", "w.2")), of(failed(dead, "w.2")), of(retry(retried, 60_000, "w.2")));
  await settle(queue, deferred(unknown, 60_000, "w.2"));
  await queue.submit([...ready, cancelled, delayed]);
  await queue.cancel(cancelled.id);

  const all = [...ready, done, dead, retried, unknown, suspect, cancelled, delayed].map(({ id }) => id);
  expect(await queue.delete(all)).toEqual(all.map(() => "deleted"));
  const { counters, wake: _, claims: __, offers, ...rest } = await store.all();
  expect(rest).toEqual({});
  expect(counters).toMatchObject({ deleted: 10 });
  expect(offers).toEqual({ note: [unknown.id] }); // a hint, which is out of date now
  expect(await claim(queue, { token: "x.1", tasks: ["note"] })).toMatchObject({ jobs: [], missing: [] });
  expect(await queue.status(dead.id)).toBeUndefined();
});

test("no other job is touched", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c] = [job(), job(), job()];
  await queue.submit([a, b, c]);
  expect(await queue.delete([b.id])).toEqual(["deleted"]);
  expect(await store.ready()).toEqual([a.id, c.id]);
  expect((await claim(queue)).missing).toEqual([]);
});

test("a job that runs is not deleted, nor one whose cancelled attempt may still run", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c] = [job(), job(), job()];
  await running(queue, [a, b, c]);
  await queue.cancel(b.id);
  await queue.cancel(c.id);
  await queue.redrive(c.id);
  const before = await store.all();
  expect(await queue.delete([a.id, b.id, c.id, job().id])).toEqual(["running", "running", "running", "missing"]);
  expect(await store.all()).toEqual(before);
  expect(await extend(queue, { id: b.id, token: "w.1" })).toEqual(["cancelled"]);
  redis.clock.now += 30_000; // the lease of the third one is over, and its worker never asked
  expect(await queue.delete([b.id, c.id])).toEqual(["deleted", "deleted"]);
});

test("a late worker of a deleted job learns that it lost it, and changes nothing", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now += 30_000;
  await claim(queue, { token: "v.1", count: 0 }); // takes it back
  expect(await queue.delete([a.id])).toEqual(["deleted"]);
  const before = await store.all();
  expect(await extend(queue, { id: a.id, token: "w.1" })).toEqual(["lost"]);
  expect(await settle(queue, completed(a, "1"))).toEqual(["lost"]);
  expect(await store.all()).toEqual(before);
});

test("only jobs with a wanted status are deleted, each once", async () => {
  const { queue } = redis.queue();
  const [done, dead, ready] = [job(), job(), job()];
  await running(queue, [done, dead]);
  await settle(queue, completed(done), failed(dead));
  await queue.submit([ready]);
  const ids = [done, dead, ready, dead].map(({ id }) => id);
  expect(await queue.delete(ids, "failed")).toEqual(["other", "deleted", "other", "missing"]);
  expect((await queue.stats()).totals.deleted).toBe(1);
});

test("its id is free again: a submit with the same Idempotency-Key is a new job", async () => {
  const { queue, store } = redis.queue();
  const a = job({ payload: "1" });
  await queue.submit([a]);
  await queue.delete([a.id]);
  redis.clock.now = START + 1;
  expect(await queue.submit([{ ...a, payload: "2" }])).toMatchObject({ outcome: "accepted" });
  expect(await store.places(a.id)).toEqual(["normal"]);
});

test("it costs 5 commands, however many finished jobs of one kind", async () => {
  const { queue } = redis.queue();
  const jobs = Array.from({ length: 100 }, () => job());
  const ids = jobs.map(({ id }) => id);
  await running(queue, jobs);
  await settle(queue, ...jobs.map((each) => failed(each)));
  await queue.delete([job().id]); // loads the script
  expect(await redis.commandsOf(() => queue.delete(ids))).toEqual({
    evalsha: 1,
    mget: 1,
    unlink: 1,
    zrem: 1,
    hincrby: 1,
  });
  expect(total(await redis.commandsOf(() => queue.delete(ids)))).toBe(2);
  const ready = job();
  await queue.submit([ready]);
  expect(total(await redis.commandsOf(() => queue.delete([ready.id])))).toBe(5);
});
