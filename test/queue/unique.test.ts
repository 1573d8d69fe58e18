import { expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { UniqueKey } from "../../lib/queue/unique-key.ts";
import type { Ending } from "../../lib/queue/worker-queue.ts";
import { job, record, START, useRedis } from "../support/redis.ts";
import { claim, completed, deferred, failed, released, retry, running, settle, snoozed } from "../support/verbs.ts";

const redis = useRedis();

const HASH = "abcdefghijklmnopqrstuv";
const HOUR = 3_600_000;

/** A job with the unique key that all tests share. */
function unique(until: UniqueKey["until"] = "finished", more: Partial<NewJob> = {}): NewJob {
  return job({ unique: { hash: HASH, until }, ...more });
}

const conflictWith = ({ id }: NewJob) => ({ outcome: "accepted", wake: false, conflicts: new Map([[0, id]]) });

test.each([
  { until: "finished", mode: "f" },
  { until: "started", mode: "s" },
  { until: HOUR, mode: "t" },
] as const)("the first job with a key that is unique until $until holds it", async ({ until, mode }) => {
  const { queue, store } = redis.queue();
  const a = unique(until);
  expect(await queue.submit([a])).toEqual({ outcome: "accepted", wake: true });
  expect(await store.all()).toEqual({
    normal: [a.id],
    records: { [a.id]: record(a, { unique: `${mode}:${HASH}` }) },
    uniques: { [HASH]: `${mode}:${a.id}` },
    wake: a.id,
  });
  const { [`job_queue:unique:${HASH}`]: expiry = HOUR } = await store.expiries();
  expect(expiry).toBeGreaterThan(HOUR - 60_000);
  expect(expiry).toBeLessThanOrEqual(HOUR);
});

test.each(["finished", "started", HOUR] as const)(
  "a second job with a key that is unique until %s is not accepted, and leaves nothing",
  async (until) => {
    const { queue, store } = redis.queue();
    const a = unique(until);
    await queue.submit([a]);
    const before = await store.all();
    for (const theirs of ["finished", "started", 5_000] as const) {
      const b = unique(theirs, { payload: JSON.stringify("x".repeat(2_000)), when: { delayMs: 1_000 } });
      expect(await queue.submit([b])).toEqual(conflictWith(a));
    }
    expect(await store.all()).toEqual(before);
  },
);

test("the same key of another hash is another key", async () => {
  const { queue } = redis.queue();
  await queue.submit([unique()]);
  const other = job({ unique: { hash: "another", until: "finished" } });
  expect(await queue.submit([other])).toEqual({ outcome: "accepted", wake: false });
});

test("in a batch, each job answers for itself: the others are accepted", async () => {
  const { queue, store } = redis.queue();
  const holder = unique();
  await queue.submit([holder]);
  await claim(queue);
  const key = (hash: string) => job({ unique: { hash, until: "finished" } });
  const jobs = [job(), unique(), key("x"), key("x"), unique("started"), job({ when: { delayMs: 60_000 } })] as const;
  const [plain, , x] = jobs;
  expect(await queue.submit(jobs)).toEqual({
    outcome: "accepted",
    wake: true,
    conflicts: new Map([
      [1, holder.id],
      [3, x.id],
      [4, holder.id],
    ]),
  });
  const { normal, scheduled, records, uniques } = await store.all();
  expect(normal).toEqual([plain.id, x.id]);
  expect(Object.keys(scheduled!)).toEqual([jobs[5].id]);
  expect(Object.keys(records!).sort()).toEqual([holder.id, plain.id, x.id, jobs[5].id].sort());
  expect(uniques).toEqual({ [HASH]: `f:${holder.id}`, x: `f:${x.id}` });
});

test("two jobs of one batch with one free key: the first is accepted", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [unique("started"), unique()];
  expect(await queue.submit([a, b])).toEqual({ outcome: "accepted", wake: true, conflicts: new Map([[1, a.id]]) });
  expect(await store.all()).toMatchObject({ normal: [a.id], uniques: { [HASH]: `s:${a.id}` } });
});

/** What happens to the job `a`, and which modes hold their keys after it. */
const LIVES = [
  { life: "was claimed", holds: "f t", events: [] },
  { life: "waits for its retry", holds: "f t", events: [retry] },
  { life: "was given back before it began", holds: "f s t", events: [released] },
  { life: "met a worker that does not know its task", holds: "f s t", events: [deferred] },
  { life: "completed", holds: "t", events: [completed] },
  { life: "failed", holds: "t", events: [failed] },
] as const;

test.each(
  LIVES.flatMap(({ life, holds, events }) =>
    (["finished", "started", HOUR] as const).map((until) => {
      const isHeld = holds.includes(typeof until === "number" ? "t" : until[0]!);
      return { life, until, isHeld, events, verb: isHeld ? "holds" : "does not hold" };
    }),
  ),
)("a job that $life $verb its key until $until", async ({ until, isHeld, events }) => {
  const { queue, store } = redis.queue();
  const [a, b] = [unique(until), unique()];
  await running(queue, [a]);
  for (const event of events) await settle(queue, event(a));
  const { uniques } = await store.all();
  expect(Object.keys(uniques ?? {})).toEqual(isHeld ? [HASH] : []);
  const answer = await queue.submit([b]);
  expect(answer).toEqual(isHeld ? conflictWith(a) : { outcome: "accepted", wake: expect.any(Boolean) });
});

test.each(["finished", "started", HOUR] as const)(
  "a job that is cancelled while it waits frees its key until %s",
  async (until) => {
    const { queue, store } = redis.queue();
    const [a, b] = [unique(until), unique()];
    await queue.submit([a]);
    await queue.cancel(a.id);
    expect((await store.all()).uniques).toBeUndefined();
    expect(await queue.submit([b])).toEqual({ outcome: "accepted", wake: false });
  },
);

test("a job that is cancelled while it runs frees its key, and its late worker takes it from nobody", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [unique(), unique()];
  await running(queue, [a]);
  await queue.cancel(a.id);
  await queue.submit([b]);
  expect(await settle(queue, completed(a))).toEqual(["cancelled"]);
  expect((await store.all()).uniques).toEqual({ [HASH]: `f:${b.id}` });
});

test("a lease that runs out for the last time fails the job and frees its key", async () => {
  const { queue, store } = redis.queue({ leaseMs: 1_000 });
  const a = unique("finished", { maxRetries: 0 });
  await running(queue, [a]);
  for (const token of ["v.1", "x.1"]) {
    expect((await store.all()).uniques).toEqual({ [HASH]: `f:${a.id}` });
    redis.clock.now += 1_000;
    await claim(queue, { token });
  }
  expect(await store.record(a.id)).toMatchObject({ status: "failed" });
  expect((await store.all()).uniques).toBeUndefined();
  expect(await queue.submit([unique()])).toMatchObject({ outcome: "accepted", wake: true });
});

test("a job that starts again leaves the key to the job that took it meanwhile", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [unique("started"), unique("started", { when: { delayMs: 60_000 } })];
  await running(queue, [a]);
  await queue.submit([b]);
  await settle(queue, retry(a, 0));
  await claim(queue, { token: "w.2" });
  expect(await store.record(a.id)).toMatchObject({ status: "processing", retries: 1 });
  expect((await store.all()).uniques).toEqual({ [HASH]: `s:${b.id}` });
  await settle(queue, released(a, "w.2"));
  expect((await store.all()).uniques).toEqual({ [HASH]: `s:${b.id}` });
});

test("a key that is held for a time is free when that is over, though its job still waits", async () => {
  const { queue } = redis.queue();
  await queue.submit([unique(1)]);
  const taken = async () => {
    for (;;) {
      const answer = await queue.submit([unique("started")]);
      if (answer.outcome === "accepted" && !answer.conflicts) return answer;
    }
  };
  expect(await taken()).toMatchObject({ outcome: "accepted" });
});

test("a job whose key expires shows no trace of it after a submit that Redis refused", async () => {
  const { queue, store, keys } = redis.queue();
  await redis.redis.set(keys.normal, "not a list");
  await expect(queue.submit([unique(HOUR), job({ unique: { hash: "x", until: "started" } })])).rejects.toThrow(
    "WRONGTYPE",
  );
  const { uniques, records } = await store.all();
  expect({ uniques, records }).toEqual({});
});

test("a batch that is sent again when the key is free again accepts the job that conflicted: it is never said to exist without", async () => {
  const { queue, store } = redis.queue();
  const [holder, a, b, c] = [unique(), job(), unique(), unique()];
  await running(queue, [holder]);
  const held = new Map([[1, holder.id]]);
  expect(await queue.submit([a, b])).toMatchObject({ outcome: "accepted", conflicts: held });
  expect(await queue.submit([a, b])).toMatchObject({
    outcome: "exists",
    jobs: [{ id: a.id }, undefined],
    conflicts: held,
  });
  await settle(queue, completed(holder));
  for (let i = 0; i < 2; i++) {
    const again = await queue.submit([a, b]);
    expect(again).toMatchObject({ outcome: "exists", jobs: [{ id: a.id }, { id: b.id, status: "pending" }] });
    expect(again).not.toHaveProperty("conflicts");
  }
  expect(await store.all()).toMatchObject({ normal: [a.id, b.id], uniques: { [HASH]: `f:${b.id}` } });
  expect(await queue.submit([a, c])).toMatchObject({
    jobs: [{ id: a.id }, undefined],
    conflicts: new Map([[1, b.id]]),
  });
});

test("a batch that is sent again forgets no more than its records: a job without a key is not accepted twice", async () => {
  const { queue, store, keys } = redis.queue();
  const jobs = [job(), unique()] as const;
  await queue.submit(jobs);
  await redis.redis.del(keys.jobPrefix + jobs[0].id);
  const before = await store.all();
  expect(await queue.submit(jobs)).toMatchObject({ outcome: "exists", jobs: [undefined, { id: jobs[1].id }] });
  expect(await store.all()).toEqual(before);
});

test("a job that is given back after it began holds its key until it started no more", async () => {
  const { queue, store } = redis.queue();
  const a = unique("started");
  await running(queue, [a]);
  await settle(queue, { ...released(a), startedAt: START } as Ending);
  expect((await store.all()).uniques).toBeUndefined();
});

const begun = (of: NewJob): Ending => ({ ...released(of), startedAt: START }) as Ending;
const crash = () => {
  redis.clock.now += 30_000;
};
const FIRST_ENDS = { retry: (of: NewJob) => retry(of, 0), snoozed: (of: NewJob) => snoozed(of, 0), begun, crash };
test.each(
  Object.entries(FIRST_ENDS).flatMap(([name, end]) => [released, deferred].map((back) => ({ name, end, back }))),
)(
  "a key until the first attempt does not come back when a later one is given back: $name, $back.name",
  async ({ end, back }) => {
    const { queue, store } = redis.queue({ leaseMs: 30_000 });
    const a = unique("started");
    await running(queue, [a]);
    const ending = end(a);
    if (ending) await settle(queue, ending);
    redis.clock.now += 1;
    expect((await claim(queue, { token: "w.2" })).jobs).toHaveLength(1);
    await settle(queue, { ...back(a), token: "w.2" } as Ending);
    expect((await store.all()).uniques).toBeUndefined();
    expect(await queue.runNow(a.id)).toMatchObject({ outcome: "ready" });
    expect((await store.all()).uniques).toBeUndefined();
    redis.clock.now += 1_000;
    await claim(queue, { token: "w.3" });
    await settle(queue, failed(a, "w.3"));
    await queue.redrive(a.id); // fresh attempts
    expect((await store.all()).uniques).toEqual({ [HASH]: `s:${a.id}` });
  },
);
