import { expect, test } from "vitest";
import { pause } from "../../lib/queue/pauses.ts";
import { drained, HOUR, idsOf, jobs, pausable } from "../support/pauses.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { claim, completed, failed, running, settle } from "../support/verbs.ts";
import { expectSound } from "./invariants.ts";

const redis = useRedis();
const queueWith = pausable(redis);

test("a paused queue begins no job, lets running ones end, accepts submits and wakes nobody", async () => {
  const { queue, store, pause } = queueWith();
  const [a, b, c] = jobs(3) as [ReturnType<typeof job>, ReturnType<typeof job>, ReturnType<typeof job>];
  await running(queue, [a]);
  await queue.submit([b]);
  expect(await pause()).toBe("paused");
  expect(await settle(queue, completed(a))).toEqual(["settled"]);
  expect(await queue.submit([c])).toEqual({ outcome: "accepted", wake: false });
  expect(await claim(queue, { token: "w.2", againMs: 5_000 })).toMatchObject({
    ...{ jobs: [], more: false, wake: false, paused: [""] },
  });
  expect(await store.all()).toMatchObject({ normal: [b.id, c.id], wake: "paused", paused: `- ${START}` });
  expectSound(await store.all());
});

test("a paused queue keeps its wake flag in front of a redrive and of a submit that is sent again", async () => {
  const { queue, pause } = queueWith();
  const [a, b] = [job(), job()];
  await running(queue, [a]);
  await settle(queue, failed(a));
  await pause();
  expect(await queue.redrive(a.id)).toMatchObject({ outcome: "redriven", wake: false });
  await queue.submit([b]);
  expect(await queue.submit([b])).toMatchObject({ outcome: "exists", wake: false });
});

test("a paused queue takes back the jobs of crashed workers, and makes due jobs ready", async () => {
  const { queue, pause } = queueWith({ leaseMs: 30_000 });
  const [a, b] = [job(), job({ when: { delayMs: 1_000 } })];
  await running(queue, [a]);
  await queue.submit([b]);
  await pause();
  redis.clock.now += 30_000;
  const claimed = await claim(queue, { token: "v.1" });
  expect(claimed).toMatchObject({ jobs: [], more: false, wake: false, reclaimed: [{ id: a.id, status: "pending" }] });
  expect(await queue.stats()).toMatchObject({ suspects: 1, ready: { normal: 1 }, paused: { since: START } });
});

test("a paused queue says so in its statistics, where no job counts as the oldest ready one", async () => {
  const { queue, pause } = queueWith();
  await queue.submit([job()]);
  expect(await queue.stats()).toHaveProperty("oldestReadyAt");
  await pause({ until: START + HOUR });
  expect(await queue.stats()).toMatchObject({ paused: { since: START, until: START + HOUR }, ready: { normal: 1 } });
  expect(await queue.stats()).not.toHaveProperty("oldestReadyAt");
});

test("a paused queue goes on where it was when it is resumed, and a worker is woken", async () => {
  const { queue, store, pause, resume } = queueWith();
  const waiting = jobs(5);
  await queue.submit(waiting);
  await pause({ until: START + HOUR });
  await claim(queue);
  expect(await resume({}, "r")).toEqual({ outcome: "resumed", wake: true });
  expect(await resume({}, "r")).toEqual({ outcome: "not_paused", wake: true });
  expect(await resume({}, "another")).toEqual({ outcome: "not_paused", wake: false });
  expect(await store.all()).toMatchObject({ normal: idsOf(waiting), wake: "r" });
  for (const left of ["paused", "scheduled"]) expect(await store.all()).not.toHaveProperty(left);
  expect(await drained(queue, "v")).toEqual(idsOf(waiting));
  expect(await queue.submit([job()])).toMatchObject({ wake: true });
});

test("a paused queue may be paused again: its beginning stays, and the last `until` counts", async () => {
  const { store, pause } = queueWith();
  await pause({ until: START + HOUR });
  redis.clock.now += 1_000;
  await pause({ until: START + 2 * HOUR });
  expect(await store.all()).toMatchObject({
    paused: `${START + 2 * HOUR} ${START}`,
    scheduled: { "resume:queue": START + 2 * HOUR },
  });
  await pause();
  expect(await store.all()).toEqual({ paused: `- ${START}`, wake: "paused" });
});

test("a paused queue goes on by itself at `until`: a worker waits for that moment, and then takes the jobs", async () => {
  const { queue, store, pause } = queueWith({ lingerMs: 10_000 });
  await queue.submit(jobs(1));
  await pause({ until: START + HOUR });
  expect(await claim(queue, { token: "w.1" })).not.toHaveProperty("claimAgainAt");
  redis.clock.now = START + HOUR - 10_000;
  expect(await claim(queue, { token: "w.2" })).toMatchObject({ jobs: [], claimAgainAt: START + HOUR });
  redis.clock.now = START + HOUR - 1;
  expect(await claim(queue, { token: "w.3" })).toMatchObject({ jobs: [], paused: [""] });
  redis.clock.now = START + HOUR;
  expect(await claim(queue, { token: "w.4" })).toMatchObject({ jobs: [{ token: "w.4" }], resumed: [""] });
  for (const left of ["paused", "scheduled", "wake"]) expect(await store.all()).not.toHaveProperty(left);
});

test("a wake flag whose pause is gone, because its key was deleted by hand, is cleared by the next claim", async () => {
  const { queue, store, keys, pause } = queueWith();
  await pause();
  await redis.redis.del(keys.paused);
  expect(await claim(queue)).toMatchObject({ jobs: [] });
  expect(await store.all()).not.toHaveProperty("wake");
  expect(await queue.submit([job()])).toMatchObject({ wake: true });
});

test("a paused queue waits for nothing that is due before its pause ends", async () => {
  const { queue, pause } = queueWith({ lingerMs: 10_000 });
  await pause();
  await queue.submit([job({ when: { delayMs: 1_000 } })]);
  expect(await claim(queue)).not.toHaveProperty("claimAgainAt");
});

test.each([
  { until: START, answer: "past" },
  { until: START - 1, answer: "past" },
  { until: START + 1, answer: "paused" },
  { until: START + 365 * 24 * HOUR, answer: "paused" },
  { until: START + 365 * 24 * HOUR + 1, answer: "too_far" },
])("a pause until $until, by Redis' clock, is answered with $answer", async ({ until, answer }) => {
  for (const task of [undefined, "note"]) {
    const { store, pause } = queueWith();
    expect(await pause({ task, until })).toBe(answer);
    if (answer !== "paused") expect(await store.all()).toEqual({});
  }
});

test("at most 100 tasks are paused", async () => {
  const { queue, pause, resume } = queueWith();
  for (let i = 0; i < 100; i++) expect(await pause({ task: `task_${i}` })).toBe("paused");
  expect(await pause({ task: "one_more" })).toBe("full");
  expect(await pause({ task: "task_7", until: START + HOUR })).toBe("paused");
  await resume({ task: "task_7" });
  expect(await pause({ task: "one_more" })).toBe("paused");
  expect((await queue.stats()).pausedTasks).toHaveLength(100);
});

test("by Redis' own clock, the keys of a pause with an end expire soon after it", async () => {
  const { keys, store } = redis.queue();
  await pause({ redis: redis.redis, keys }, { until: Date.now() + HOUR });
  const { "job_queue:paused": forMs, "job_queue:wake": flagMs } = await store.expiries();
  expect(Math.abs(flagMs! - HOUR)).toBeLessThan(60_000);
  expect(Math.abs(forMs! - flagMs! - 60_000)).toBeLessThan(1_000);
});

test("an empty key that somebody made by hand pauses nothing", async () => {
  const { queue, store, keys } = queueWith();
  await redis.redis.set(keys.paused, "");
  await queue.submit([job()]);
  expect((await queue.stats()).paused).toBeUndefined();
  expect((await claim(queue)).jobs).toHaveLength(1);
  expect((await store.all()).paused).toBeUndefined();
});
