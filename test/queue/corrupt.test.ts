import { expect, test } from "vitest";
import { INLINE_BYTES, job, record, START, useRedis } from "../support/redis.ts";
import { claim, completed, extend, running, settle } from "../support/verbs.ts";

const redis = useRedis();
const whole = JSON.stringify(record(job(), { status: "pending" }));

/** Values that may be in the place of a record, and how each verb takes them. */
const corruptions: { name: string; put: (key: string) => Promise<unknown> }[] = [
  { name: "nothing (evicted)", put: (key) => redis.redis.del(key) },
  { name: "an empty string", put: (key) => redis.redis.set(key, "") },
  { name: "junk", put: (key) => redis.redis.set(key, "\u0000{]%d") },
  { name: "other JSON", put: (key) => redis.redis.set(key, '{"job_id":"x","status":"pending"}') },
  { name: "a record cut short", put: (key) => redis.redis.set(key, whole.slice(0, -1)) },
  { name: "a record's head", put: (key) => redis.redis.set(key, '{"status":"pending","retries":0,') },
  { name: "a list", put: async (key) => [await redis.redis.del(key), await redis.redis.lpush(key, whole)] },
  {
    name: "a hash",
    put: async (key) => [await redis.redis.del(key), await redis.redis.hset(key, { status: "pending" })],
  },
];

test.each(corruptions)(
  "$name in place of a record does not stop its neighbours from being claimed",
  async ({ put }) => {
    const { queue, store, keys } = redis.queue();
    const [a, bad, b] = [job(), job(), job()];
    await queue.submit([a, bad, b]);
    await put(keys.jobPrefix + bad.id);
    const claimed = await claim(queue);
    expect(claimed.jobs.map((each) => each.job.id)).toEqual([a.id, b.id]);
    expect(claimed.missing).toEqual([bad.id]);
    expect(await store.places(bad.id)).toEqual([]);
    expect((await store.all()).counters).toEqual({ missing: 1 });
  },
);

test.each(corruptions)(
  "$name in place of a record does not stop its neighbours from being settled and extended",
  async ({ put }) => {
    const { queue, store, keys } = redis.queue();
    const [a, bad, b] = [job(), job(), job()];
    await running(queue, [a, bad, b]);
    await put(keys.jobPrefix + bad.id);
    redis.clock.now += 1_000;
    const all = [a, bad, b].map(({ id }) => ({ id, token: "w.1", progress: { percent: 1 } }));
    expect(await extend(queue, ...all)).toEqual(["held", "lost", "held"]);
    expect(await settle(queue, completed(a), completed(bad), completed(b))).toEqual(["settled", "lost", "settled"]);
    const { completed: done, leases, counters } = await store.all();
    expect(Object.keys(done!).sort()).toEqual([a.id, b.id].sort());
    expect({ leases, counters }).toEqual({ leases: { [bad.id]: START + 30_000 }, counters: { completed: 2 } });
  },
);

test.each(corruptions)(
  "$name in place of a record does not stop its neighbours from being reclaimed or becoming ready",
  async ({ put }) => {
    const { queue, store, keys } = redis.queue();
    const [a, bad, b] = [job(), job(), job()];
    const [due, badDue] = [job({ when: { delayMs: 1_000 } }), job({ when: { delayMs: 1_000 } })];
    await running(queue, [a, bad, b]);
    await queue.submit([due, badDue]);
    await put(keys.jobPrefix + bad.id);
    await put(keys.jobPrefix + badDue.id);
    redis.clock.now += 30_000;
    const { reclaimed, missing } = await claim(queue, { token: "v.1", count: 0 });
    expect(reclaimed.map(({ id }) => id).sort()).toEqual([a.id, b.id].sort());
    expect(missing.sort()).toEqual([bad.id, badDue.id].sort());
    const { normal, suspects, leases, scheduled } = await store.all();
    expect(normal).toEqual([due.id]);
    expect(suspects!.sort()).toEqual([a.id, b.id].sort());
    expect({ leases, scheduled }).toEqual({ leases: undefined, scheduled: undefined });
  },
);

test.each(corruptions)("a job with $name in place of its record is reported as missing", async ({ put }) => {
  const { queue, store, keys } = redis.queue();
  const bad = job();
  await put(keys.jobPrefix + bad.id);
  const before = await store.all();
  expect(await queue.status(bad.id)).toBeUndefined();
  expect(await queue.cancel(bad.id)).toEqual({ outcome: "missing" });
  expect(await queue.redrive(bad.id)).toEqual({ outcome: "missing" });
  expect(await queue.runNow(bad.id)).toEqual({ outcome: "missing" });
  expect(await queue.delete([bad.id])).toEqual(["missing"]);
  expect(await store.all()).toEqual(before);
});

test("the statistics skip an oldest job that cannot be read", async () => {
  const { queue, keys } = redis.queue();
  const [bad, high] = [job(), job({ priority: "high" })];
  await queue.submit([bad, high]);
  await redis.redis.set(keys.jobPrefix + bad.id, "junk");
  expect(await queue.stats()).toMatchObject({ ready: { high: 1, normal: 1, low: 0 }, oldestReadyAt: START });
});

test("an id is taken even if its record is junk", async () => {
  const { queue, store, keys } = redis.queue();
  const a = job();
  await redis.redis.set(keys.jobPrefix + a.id, "junk");
  const before = await store.all();
  expect(await queue.submit([a])).toEqual({ outcome: "exists", wake: false, jobs: [undefined] });
  expect(await store.all()).toEqual(before);
});

test("a record that Lua can read and TypeScript cannot is reported, and runs out of attempts like a crash", async () => {
  const { queue, store, keys } = redis.queue();
  const [a, bad] = [job(), job({ maxRetries: 1 })];
  await queue.submit([a, bad]);
  const text = JSON.stringify(record(bad)).replace('"note"', "oops");
  await redis.redis.set(keys.jobPrefix + bad.id, text);
  expect(await claim(queue)).toMatchObject({ jobs: [{ job: { id: a.id } }], missing: [bad.id] });
  await settle(queue, completed(a));
  for (const token of ["v.1", "v.2", "v.3"]) {
    redis.clock.now += 30_000;
    await claim(queue, { token });
  }
  expect(await store.places(bad.id)).toEqual(["failed"]);
});

test("a foreign history gets new attempts at its end, and stops no other job", async () => {
  const { queue, store, keys } = redis.queue();
  const [a, bad] = [job(), job()];
  await queue.submit([a, bad]);
  const attempts = Array.from({ length: 20 }, (_, i) => `{"attempt":${i},"by":"hand"}`).join(", ");
  await redis.redis.set(
    keys.jobPrefix + bad.id,
    `${JSON.stringify(record(bad)).slice(0, -1)},"attempts":[${attempts}]}`,
  );
  await claim(queue);
  expect(await settle(queue, completed(a), completed(bad))).toEqual(["settled", "settled"]);
  expect(await store.record(bad.id)).toMatchObject({ status: "completed" });
});

test("an evicted payload is recognised by its length", async () => {
  const { queue, keys } = redis.queue();
  const a = job({ payload: JSON.stringify("x".repeat(INLINE_BYTES)) });
  await queue.submit([a]);
  await redis.redis.del(`${keys.jobPrefix}${a.id}:payload`);
  const [claimed] = (await claim(queue)).jobs;
  expect(claimed).toMatchObject({ job: { payloadBytes: INLINE_BYTES + 2 } });
  expect(claimed).not.toHaveProperty("payload");
});

test("a record with the time since which its task is unknown but no due time does not stop a claim", async () => {
  const { queue, keys } = redis.queue();
  const [a, odd, b] = [job(), job(), job()];
  await queue.submit([a, odd, b]);
  const text = JSON.stringify(record(odd, { status: "pending" }));
  await redis.redis.set(keys.jobPrefix + odd.id, text.replace('"retries":0,', '"retries":0,"unknown_since":1,'));
  const { jobs, missing } = await claim(queue);
  expect(jobs.map((each) => each.job.id)).toEqual([a.id, odd.id, b.id]);
  expect(missing).toEqual([]);
});
