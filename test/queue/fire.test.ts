import { expect, test } from "vitest";
import type { Firing } from "../../lib/queue/firing.ts";
import { job, record, START, useRedis } from "../support/redis.ts";
import { definition, firingOf, scheduleStore } from "../support/schedules.ts";
import { claim, completed, settle } from "../support/verbs.ts";

const redis = useRedis();
const MINUTE = 60_000;

/** A queue with the schedule `minutely`, whose slot is due. */
async function due(slot = START) {
  const made = scheduleStore(redis);
  await made.schedules.put("minutely", definition("one"), { next: slot }, undefined);
  return { ...made, fire: async (...fire: Firing[]) => (await made.queue.step({ fire })).fired };
}

test("a claim hands back a due schedule, which stays due, and none before its slot", async () => {
  const { queue, store } = await due(START + 1);
  expect(await claim(queue)).not.toHaveProperty("schedules");
  redis.clock.now += 1;
  const before = await store.all();
  const handed = [{ name: "minutely", slot: START + 1, json: definition("one") }];
  expect((await claim(queue)).schedules).toEqual(handed);
  expect((await claim(queue, { token: "v.1" })).schedules).toEqual(handed);
  expect({ ...(await store.all()), linger: undefined }).toEqual({ ...before, linger: undefined });
});

test("a slot that fires makes its job and moves the schedule on; the same claim takes the job", async () => {
  const { queue, store } = await due();
  const firing = firingOf(START);
  const { job: made } = firing.slots[0]!;
  const { fired, claimed } = await queue.step({
    fire: [firing],
    claim: { token: "w.1", count: 10, arrived: true },
  });
  expect(fired).toEqual([["fired"]]);
  expect(claimed?.jobs.map(({ job: { id } }) => id)).toEqual([made.id]);
  await settle(queue, completed(made));
  const { scheduled, schedules } = await store.all();
  expect(scheduled).toEqual({ "cron:minutely": START + MINUTE });
  expect(schedules).toEqual({ minutely: definition("one"), "last minutely": `${START} ${made.id}` });
});

test("a job of a slot expires as one that was submitted, from when it may run", async () => {
  const { fire, queue } = await due();
  const expires = { afterMs: 60_000, from: "run" } as const;
  const now = job({ expires, createdAt: START });
  const later = { ...job({ expires, createdAt: START }), when: { at: START + 5_000 } };
  await fire(firingOf(START, { slots: [now, later].map((one) => ({ at: START, job: one })) }));
  expect((await queue.status(now.id))?.job).toMatchObject({ expiresAt: START + 60_000 });
  expect((await queue.status(later.id))?.job).toMatchObject({ expiresAt: START + 65_000 });
  await queue.cancel(later.id);
  expect((await queue.status(later.id))?.job).toMatchObject({ status: "cancelled", expiresAt: undefined });
});

test("a job of a slot lies where one that was submitted would: by priority, later with jitter, with its payload", async () => {
  const { fire, store, keys, prefix } = await due();
  const payload = JSON.stringify("x".repeat(2_000));
  const [high, low, later] = [job({ priority: "high" }), job({ priority: "low", payload }), job()];
  const jobs = [high, low, { ...later, when: { at: START + 5_000 } }];
  expect(await fire(firingOf(START, { slots: jobs.map((one) => ({ at: START, job: one })) }))).toEqual([
    ["fired", "fired", "fired"],
  ]);
  const contents = await store.all();
  expect(contents).toMatchObject({ high: [high.id], low: [low.id], payloads: { [low.id]: payload } });
  expect(contents.scheduled).toEqual({ "cron:minutely": START + MINUTE, [later.id]: START + 5_000 });
  expect(contents.records).toEqual({
    [high.id]: record(high),
    [low.id]: record(low),
    [later.id]: record(later, { run_at: START + 5_000 }),
  });
  expect(await redis.redis.get(`${keys.jobPrefix}${later.id}`)).toMatch(
    /^{"v":1,"status":"pending","retries":0,"run_at":/,
  );
  expect(prefix).not.toBe("");
});

test.each<[string, (world: Awaited<ReturnType<typeof due>>) => Promise<unknown>]>([
  ["it was fired by another worker", ({ fire }) => fire(firingOf(START))],
  ["it was deleted while it was due", ({ schedules }) => schedules.delete("minutely")],
  [
    "it was changed while it was due",
    async ({ schedules }) => {
      const { entries } = await schedules.read(["minutely"]);
      return schedules.put("minutely", definition("two"), { next: START }, entries[0]);
    },
  ],
  [
    "it was paused while it was due",
    async ({ schedules }) => {
      const { entries } = await schedules.read(["minutely"]);
      return schedules.pause(entries[0]!, undefined, undefined);
    },
  ],
])("a slot is lost and changes nothing where %s", async (_, meanwhile) => {
  const world = await due();
  await meanwhile(world);
  const before = await world.store.all();
  expect(await world.fire(firingOf(START))).toEqual([["lost"]]);
  expect(await world.store.all()).toEqual(before);
});

test("a slot whose job is there makes none, and the schedule moves on", async () => {
  const { fire, queue, store } = await due();
  const firing = firingOf(START);
  await queue.submit([firing.slots[0]!.job]);
  expect(await fire(firing)).toEqual([["lost"]]);
  const { normal, scheduled, schedules } = await store.all();
  expect(normal).toHaveLength(1);
  expect(scheduled).toEqual({ "cron:minutely": START + MINUTE });
  expect(schedules).toEqual({ minutely: definition("one") });
});

test("with overlap skip, a slot makes no job while the one before waits or runs", async () => {
  const { fire, queue, store } = await due();
  const skip = (n: number) => firingOf(START + n * MINUTE, { overlap: "skip" });
  const first = skip(0);
  expect(await fire(first)).toEqual([["fired"]]);
  expect(await fire(skip(1))).toEqual([["overlapped"]]);
  await claim(queue);
  expect(await fire(skip(2))).toEqual([["overlapped"]]);
  await settle(queue, completed(first.slots[0]!.job));
  expect(await fire(skip(3))).toEqual([["fired"]]);
  expect(await fire({ ...firingOf(START + 4 * MINUTE), overlap: "allow" })).toEqual([["fired"]]);
  expect((await store.all()).scheduled).toEqual({ "cron:minutely": START + 5 * MINUTE });
});

test("of several slots at once, overlap skip fires the first one", async () => {
  const { fire } = await due();
  const slots = [0, 1, 2].map((n) => ({ at: START + n * MINUTE, job: job() }));
  expect(await fire(firingOf(START, { overlap: "skip", slots }))).toEqual([["fired", "overlapped", "overlapped"]]);
});

test("a schedule whose last slot has fired waits for none, and one without slots to fire only moves on", async () => {
  const { fire, store } = await due();
  expect(await fire(firingOf(START, { slots: [] }))).toEqual([[]]);
  expect(await store.all()).toEqual({
    schedules: { minutely: definition("one") },
    scheduled: { "cron:minutely": START + MINUTE },
  });
  expect(await fire(firingOf(START + MINUTE, { next: undefined }))).toEqual([["fired"]]);
  expect(await store.all()).not.toHaveProperty("scheduled");
});

test("in one call each schedule stands for itself", async () => {
  const { fire, schedules } = await due();
  await schedules.put("other", definition("two"), { next: START - 1 }, undefined);
  const other = firingOf(START - 1, { name: "other", rev: "two" });
  const none = firingOf(START, { name: "none" });
  expect(await fire(none, firingOf(START), { ...other, rev: "old" }, other)).toEqual([
    ["lost"],
    ["fired"],
    ["lost"],
    ["fired"],
  ]);
});

test("a due member of a schedule that is gone is taken away", async () => {
  const { queue, schedules, store, keys } = await due();
  await redis.redis.zadd(keys.scheduled, { score: START, member: "cron:gone" });
  expect((await claim(queue)).schedules).toHaveLength(1);
  expect((await store.all()).scheduled).toEqual({ "cron:minutely": START });
  expect((await schedules.list()).total).toBe(1);
});

test("due jobs do not wait behind a thousand due schedules", async () => {
  const { queue, keys, schedules } = await due();
  for (let i = 0; i < 1_000; i++) await schedules.put(`s${i}`, definition("r"), { next: START }, undefined);
  const one = job({ when: { delayMs: 1 } });
  await queue.submit([one]);
  redis.clock.now += 1;
  const claimed = await claim(queue);
  expect(claimed.jobs.map(({ job: { id } }) => id)).toEqual([one.id]);
  expect(claimed.schedules).toHaveLength(100);
  expect(await redis.redis.zscore(keys.scheduled, "cron:s999")).not.toBeNull();
});

test("where Redis refuses, nothing has changed, and the slot is still due", async () => {
  const { fire, store, keys } = await due();
  await redis.redis.set(keys.low, "no list");
  const before = await store.all();
  const { job: one } = firingOf(START).slots[0]!;
  const jobs = [one, job({ priority: "low" })].map((each) => ({ at: START, job: each }));
  expect(await fire(firingOf(START, { slots: jobs }))).toEqual({ refused: expect.stringContaining("WRONGTYPE") });
  const { normal, ...after } = await store.all();
  expect(after).toEqual(before);
  expect(normal ?? [one.id]).toEqual([one.id]); // a claim drops it, as it has no record
});
