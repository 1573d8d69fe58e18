import { expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { UniqueKey } from "../../lib/queue/unique-key.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { claim, completed, failed, running, settle } from "../support/verbs.ts";

const redis = useRedis();

const HASH = "abcdefghijklmnopqrstuv";
const HOUR = 3_600_000;

function unique(until: UniqueKey["until"] = "finished", more: Partial<NewJob> = {}): NewJob {
  return job({ unique: { hash: HASH, until }, ...more });
}

type Queue = ReturnType<ReturnType<typeof useRedis>["queue"]>;

/** Puts the key back as it was, as if whatever freed it had not: a script that Redis stopped, or that an older version ran. */
async function leaveKey({ keys }: Queue, { id, unique: given }: NewJob) {
  await redis.redis.set(keys.unique + HASH, `${given!.until === "started" ? "s" : "f"}:${id}`);
}

test.each([
  {
    what: "was evicted",
    until: "finished",
    end: (of: Queue, { id }: NewJob) => redis.redis.del(of.keys.jobPrefix + id),
  },
  {
    what: "was evicted",
    until: "started",
    end: (of: Queue, { id }: NewJob) => redis.redis.del(of.keys.jobPrefix + id),
  },
  {
    what: "is somebody else's text",
    until: "finished",
    end: (of: Queue, { id }: NewJob) => redis.redis.set(of.keys.jobPrefix + id, "not a record"),
  },
  {
    what: "says that it completed",
    until: "finished",
    end: async ({ queue }: Queue, a: NewJob) => {
      await claim(queue);
      await settle(queue, completed(a));
    },
  },
  {
    what: "says that it failed",
    until: "finished",
    end: async ({ queue }: Queue, a: NewJob) => {
      await claim(queue);
      await settle(queue, failed(a));
    },
  },
  {
    what: "says that it was cancelled",
    until: "finished",
    end: ({ queue }: Queue, { id }: NewJob) => queue.cancel(id),
  },
  { what: "says that it runs", until: "started", end: ({ queue }: Queue) => claim(queue) },
  {
    what: "was trimmed",
    until: "finished",
    end: async ({ queue }: Queue, a: NewJob) => {
      await claim(queue);
      await settle(queue, completed(a));
      redis.clock.now += 25 * HOUR;
      await queue.trim();
    },
  },
] as const)(
  "a key that is left over until $until blocks nobody where its job's record $what",
  async ({ until, end }) => {
    const of = redis.queue();
    const { queue, store } = of;
    const [a, b, c] = [unique(until), unique(), unique("started")];
    await queue.submit([a]);
    await end(of, a);
    await leaveKey(of, a);
    expect(await queue.submit([b])).not.toHaveProperty("conflicts");
    const { uniques, strange } = await store.all();
    expect({ uniques, strange }).toEqual({ uniques: { [HASH]: `f:${b.id}` } });
    expect(await queue.submit([c])).toMatchObject({ conflicts: new Map([[0, b.id]]) });
  },
);

test("a key that is held for a time blocks nobody where its job was cancelled by a version that did not free it", async () => {
  const { queue, keys, store } = redis.queue();
  const [a, b] = [unique(HOUR), unique()];
  await queue.submit([a]);
  await queue.cancel(a.id);
  await redis.redis.set(keys.unique + HASH, `t:${a.id}`, { px: HOUR });
  expect(await queue.submit([b])).toEqual({ outcome: "accepted", wake: false });
  const { uniques, strange } = await store.all();
  expect({ uniques, strange }).toEqual({ uniques: { [HASH]: `f:${b.id}` } }); // and it expires no more
});

test.each(["nonsense", "", "f:", "x:y", `f:${crypto.randomUUID()}`])(
  "a key that holds %j blocks nobody",
  async (text) => {
    const { queue, keys } = redis.queue();
    await redis.redis.set(keys.unique + HASH, text);
    expect(await queue.submit([unique()])).toEqual({ outcome: "accepted", wake: true });
  },
);

test("a key of another type is taken over", async () => {
  const { queue, keys, store } = redis.queue();
  await redis.redis.lpush(keys.unique + HASH, "an element");
  const a = unique();
  expect(await queue.submit([a])).toEqual({ outcome: "accepted", wake: true });
  expect((await store.all()).uniques).toEqual({ [HASH]: `f:${a.id}` });
});

test("a key that names a job with another key is taken over", async () => {
  const of = redis.queue();
  const [a, b] = [job({ unique: { hash: "another", until: "finished" } }), unique()];
  await of.queue.submit([a]);
  await leaveKey(of, a);
  expect(await of.queue.submit([b])).toEqual({ outcome: "accepted", wake: false });
});

test("a key that is held for a time is held though its job was trimmed: the key itself expires", async () => {
  const { queue } = redis.queue();
  const a = unique(48 * HOUR);
  await running(queue, [a]);
  await settle(queue, completed(a));
  redis.clock.now += 25 * HOUR;
  await queue.trim();
  expect(await queue.job(a.id)).toBeUndefined();
  expect(await queue.submit([unique()])).toMatchObject({ conflicts: new Map([[0, a.id]]) });
});

test.each(["finished", "started"] as const)("a redrive takes a free key again, until %s", async (until) => {
  const { queue, store } = redis.queue();
  const [a, b] = [unique(until), unique()];
  await running(queue, [a]);
  await settle(queue, failed(a));
  expect(await queue.redrive(a.id)).toMatchObject({ outcome: "redriven", wake: true });
  expect((await store.all()).uniques).toEqual({ [HASH]: `${until[0]}:${a.id}` });
  expect(await queue.submit([b])).toMatchObject({ conflicts: new Map([[0, a.id]]) });
});

test.each([
  { name: "failed", end: failed },
  { name: "was cancelled", end: undefined },
])("a job that $name is not put back while another one holds its key", async ({ end }) => {
  const { queue, store } = redis.queue();
  const [a, b] = [unique(), unique("started")];
  await running(queue, [a]);
  if (end) await settle(queue, end(a));
  else await queue.cancel(a.id);
  await queue.submit([b]);
  const before = await store.all();
  expect(await queue.redrive(a.id)).toEqual({ outcome: "unique_conflict", holder: b.id });
  expect(await store.all()).toEqual(before);
  await claim(queue, { token: "v.1" });
  expect(await queue.redrive(a.id)).toMatchObject({ outcome: "redriven" });
  expect((await store.all()).uniques).toEqual({ [HASH]: `f:${a.id}` });
});

test("a redrive takes over a key that was left over", async () => {
  const of = redis.queue();
  const { queue, store } = of;
  const [a, b] = [unique(), unique()];
  await running(queue, [a]);
  await settle(queue, failed(a));
  await running(queue, [b], "v.1");
  await settle(queue, completed(b, undefined, "v.1"));
  await leaveKey(of, b);
  expect(await queue.redrive(a.id)).toMatchObject({ outcome: "redriven" });
  expect((await store.all()).uniques).toEqual({ [HASH]: `f:${a.id}` });
});

test("a redrive of a job whose key was held for a time holds it no longer, but not against another job", async () => {
  const { queue, store, keys } = redis.queue();
  const [a, b] = [unique(HOUR), unique()];
  await running(queue, [a]);
  await settle(queue, failed(a));
  await redis.redis.del(keys.unique + HASH);
  expect(await queue.redrive(a.id)).toMatchObject({ outcome: "redriven" });
  expect((await store.all()).uniques).toBeUndefined();
  await queue.cancel(a.id);
  await queue.submit([b]);
  expect(await queue.redrive(a.id)).toEqual({ outcome: "unique_conflict", holder: b.id });
  expect((await store.all()).uniques).toEqual({ [HASH]: `f:${b.id}` });
});

test("cancelling a job frees no key that another job holds", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [unique("started"), unique("started")];
  await running(queue, [a]);
  await queue.submit([b]);
  await queue.cancel(a.id);
  expect((await store.all()).uniques).toEqual({ [HASH]: `s:${b.id}` });
});

test("where too many jobs wait, a conflict is answered, and a job that could take its key over is refused", async () => {
  const of = redis.queue();
  const { queue, store } = of;
  const a = unique("finished", { when: { at: START + HOUR } });
  await queue.submit([a, job()]);
  const before = await store.all();
  expect(await queue.submit([unique()], { maxWaiting: 1 })).toMatchObject({ conflicts: new Map([[0, a.id]]) });
  expect(await queue.submit([unique(), job()], { maxWaiting: 1 })).toEqual({ outcome: "full", wake: false });
  expect(
    await queue.submit([unique("finished", { priority: "low" }), job({ priority: "high" })], { maxWaiting: 1 }),
  ).toMatchObject({
    outcome: "accepted",
    conflicts: new Map([[0, a.id]]),
  });
  await redis.redis.del(of.keys.high);
  await queue.cancel(a.id);
  await leaveKey(of, a);
  expect(await queue.submit([unique()], { maxWaiting: 1 })).toEqual({ outcome: "full", wake: false });
  expect(before.uniques).toEqual({ [HASH]: `f:${a.id}` });
});

test("where too many jobs wait, only those count that would be accepted", async () => {
  const { queue } = redis.queue();
  const a = unique("finished", { when: { at: START + HOUR } });
  await queue.submit([a]);
  const outcome = await queue.submit([job(), unique()], { maxWaiting: 1 });
  expect(outcome).toMatchObject({ outcome: "accepted", conflicts: new Map([[1, a.id]]) });
  expect(await queue.submit([job(), unique()], { maxWaiting: 1 })).toEqual({ outcome: "full", wake: false });
});

test("where too many jobs wait, a batch that is sent again is not refused: part of it was accepted", async () => {
  const { queue, store } = redis.queue();
  const [holder, a, b] = [unique(), job(), unique()];
  await running(queue, [holder]);
  await queue.submit([a, b], { maxWaiting: 1 });
  await settle(queue, completed(holder));
  const again = await queue.submit([a, b], { maxWaiting: 1 });
  expect(again).toMatchObject({ outcome: "exists", jobs: [{ id: a.id }, { id: b.id }] });
  expect(await store.ready()).toEqual([a.id, b.id]);
});

test.each(["finished", "started", HOUR] as const)("deleting a job that waits frees its key until %s", async (until) => {
  const { queue, store } = redis.queue();
  const a = unique(until);
  await queue.submit([a]);
  expect(await queue.delete([a.id])).toEqual(["deleted"]);
  expect((await store.all()).uniques).toBeUndefined();
});

test("deleting a finished job frees no key that another job holds, and one that it still holds for a time", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c] = [unique(), unique("finished", { maxRetries: 0 }), job({ unique: { hash: "x", until: HOUR } })];
  await running(queue, [a, c]);
  await settle(queue, failed(a), completed(c));
  await queue.submit([b]);
  expect(await queue.delete([a.id, c.id])).toEqual(["deleted", "deleted"]);
  expect((await store.all()).uniques).toEqual({ [HASH]: `f:${b.id}` });
});

test("a job is not run now while another one holds its key", async () => {
  const { queue, store, keys } = redis.queue();
  const [a, b] = [unique("started", { when: { delayMs: HOUR } }), unique("finished", { when: { delayMs: HOUR } })];
  await queue.submit([a]);
  await redis.redis.del(keys.unique + HASH); // evicted
  await queue.submit([b]);
  const before = await store.all();
  expect(await queue.runNow(a.id)).toEqual({ outcome: "unique_conflict", holder: b.id });
  expect(await store.all()).toEqual(before);
  expect(await queue.runNow(b.id)).toMatchObject({ outcome: "ready" });
  await queue.cancel(b.id);
  expect(await queue.runNow(a.id)).toMatchObject({ outcome: "ready" });
  expect((await store.all()).uniques).toEqual({ [HASH]: `s:${a.id}` });
});
