import { expect, test } from "vitest";
import { drained, HOUR, idsOf, jobs, pausable } from "../support/pauses.ts";
import { job, START, useRedis } from "../support/redis.ts";
import { claim, deferred, released, running, settle } from "../support/verbs.ts";
import { expectSound } from "./invariants.ts";

const redis = useRedis();
const queueWith = pausable(redis);

test("a paused task has its ready jobs set aside in order, and others go on", async () => {
  const { queue, store, pause } = queueWith();
  const mixed = Array.from({ length: 10 }, (_, i) => job({ task: i % 2 === 0 ? "mail" : "note" }));
  const [mail, notes] = ["mail", "note"].map((name) => idsOf(mixed.filter(({ task }) => task === name)));
  await queue.submit(mixed);
  expect(await pause({ task: "mail", until: START + HOUR })).toBe("paused");
  const { jobs, more, paused } = await claim(queue, { count: 10 });
  expect(jobs.map(({ job }) => job.id)).toEqual(notes);
  expect([more, paused]).toEqual([false, ["mail"]]);
  const contents = await store.all();
  expect(contents).toMatchObject({
    ...{ parked: { mail }, paused_tasks: `mail ${START + HOUR} ${START}` },
    scheduled: { "resume:task:mail": START + HOUR },
  });
  expect(contents).not.toHaveProperty("normal");
  expectSound(contents);
  expect(await queue.stats()).toMatchObject({
    pausedTasks: [{ task: "mail", since: START, until: START + HOUR, parked: 5 }],
    ready: { normal: 0 },
  });
});

test("a paused task spends nothing: a parked job is as it was submitted", async () => {
  const { queue, store, pause } = queueWith();
  const a = job();
  await queue.submit([a]);
  const before = await store.record(a.id);
  await pause({ task: "note" });
  await claim(queue);
  expect(await store.record(a.id)).toEqual(before);
});

test("a paused task does not keep a worker from the jobs behind a long row of its own, within one claim", async () => {
  const { queue, pause } = queueWith();
  const wanted = job({ task: "note" });
  await queue.submit(jobs(500, { task: "mail" }));
  await queue.submit([wanted, ...jobs(20, { task: "note" })]);
  await pause({ task: "mail" });
  const claimed = await claim(queue, { count: 5 });
  expect(claimed.jobs).toHaveLength(5);
  expect(claimed.more).toBe(true);
  expect(claimed.jobs[0]!.job.id).toBe(wanted.id);
  expect(await queue.stats()).toMatchObject({ ready: { normal: 16 }, pausedTasks: [{ parked: 500 }] });
});

test("a paused task has at most a thousand jobs set aside by one claim, and the next one goes on", async () => {
  const { queue, pause } = queueWith();
  for (let i = 0; i < 3; i++) await queue.submit(jobs(500, { task: "mail" }));
  await pause({ task: "mail" });
  expect(await claim(queue, { token: "w.1" })).toMatchObject({ jobs: [], more: true });
  expect(await queue.stats()).toMatchObject({ ready: { normal: 500 }, pausedTasks: [{ parked: 1_000 }] });
  expect(await claim(queue, { token: "w.2" })).toMatchObject({ jobs: [], more: false });
  expect(await queue.stats()).toMatchObject({ ready: { normal: 0 }, pausedTasks: [{ parked: 1_500 }] });
});

test("a paused task goes on in the order in which its jobs were submitted, priority by priority, before later ones", async () => {
  const { queue, store, pause, resume } = queueWith();
  const early = [...jobs(3), ...jobs(3, { priority: "high" }), ...jobs(3, { priority: "low" })];
  const [normal, high, low] = [early.slice(0, 3), early.slice(3, 6), early.slice(6)].map(idsOf);
  await queue.submit(early);
  await pause({ task: "note" });
  await claim(queue, { token: "w.1", count: 4 });
  const late = jobs(2);
  await queue.submit(late);
  await claim(queue, { token: "w.2", count: 4 });
  expect(await resume({ task: "note" })).toEqual({ outcome: "resumed", wake: true });
  const contents = await store.all();
  expect(contents).toMatchObject({ high, normal: [...normal!, ...idsOf(late)], low });
  for (const left of ["parked", "paused_tasks"]) expect(contents).not.toHaveProperty(left);
  expect(await drained(queue, "v", 4)).toEqual([...high!, ...normal!, ...idsOf(late), ...low!]);
});

test("a paused task is resumed a thousand jobs at a time, and no job overtakes those that are still parked", async () => {
  const { queue, pause, resume } = queueWith();
  const all = jobs(2_500, { task: "mail" });
  for (let i = 0; i < 5; i++) await queue.submit(all.slice(i * 500, i * 500 + 500));
  await pause({ task: "mail" });
  expect(await drained(queue, "w")).toEqual([]);
  await queue.submit(jobs(5));
  await resume({ task: "mail" });
  expect(await queue.stats()).toMatchObject({ pausedTasks: [{ task: "mail", parked: 1_500, resuming: true }] });
  expect(await claim(queue, { token: "v.1" })).toMatchObject({ jobs: [], more: true });
  const { jobs: taken } = await claim(queue, { token: "v.2" });
  expect(taken.map(({ job }) => job.id)).toEqual(idsOf(all.slice(0, 10)));
  expect(await queue.stats()).not.toHaveProperty("pausedTasks");
  expect(await drained(queue, "u", 500)).toHaveLength(2_495);
});

test("a paused task keeps the order of its jobs when it is paused again while it is being resumed", async () => {
  const { queue, pause, resume } = queueWith();
  const all = jobs(1_500);
  for (let i = 0; i < 3; i++) await queue.submit(all.slice(i * 500, i * 500 + 500));
  await pause({ task: "note" });
  await drained(queue, "w");
  await resume({ task: "note" });
  await pause({ task: "note" });
  await drained(queue, "x");
  await resume({ task: "note" });
  expect(await drained(queue, "v", 500)).toEqual(idsOf(all));
});

test("a paused task goes on by itself at `until`", async () => {
  const { queue, store, pause } = queueWith();
  const all = jobs(3);
  await queue.submit(all);
  await pause({ task: "note", until: START + HOUR });
  await claim(queue);
  redis.clock.now += HOUR;
  const claimed = await claim(queue, { token: "w.2" });
  expect(claimed.jobs.map(({ job }) => job.id)).toEqual(idsOf(all));
  expect(claimed).toMatchObject({ paused: [], resumed: ["note"] });
  for (const left of ["parked", "paused_tasks", "scheduled"]) expect(await store.all()).not.toHaveProperty(left);
});

test("a paused task that goes on at `until` runs in the same claim, while another stays paused", async () => {
  const { queue, store, pause } = queueWith();
  const [mail, note] = [job({ task: "mail" }), job({ task: "note" })];
  await queue.submit([mail, note]);
  await pause({ task: "mail", until: START + HOUR });
  await pause({ task: "note" });
  redis.clock.now += HOUR;
  const { jobs } = await claim(queue);
  expect(idsOf(jobs.map(({ job }) => job))).toEqual([mail.id]);
  expect(await store.all()).toMatchObject({ parked: { note: [note.id] }, paused_tasks: `note - ${START}` });
});

test("a paused task gets a job that a worker gives back in front of those that are parked", async () => {
  const { queue, store, pause, resume } = queueWith();
  const [a, b, c] = jobs(3) as [ReturnType<typeof job>, ReturnType<typeof job>, ReturnType<typeof job>];
  await running(queue, [a, b]);
  await queue.submit([c]);
  await pause({ task: "note" });
  await claim(queue, { token: "v.1" });
  await settle(queue, released(a), released(b));
  expect(await store.all()).toMatchObject({ parked: { note: [a.id, b.id, c.id] } });
  await resume({ task: "note" });
  expect(await store.ready()).toEqual([a.id, b.id, c.id]);
});

test("a paused task runs no suspects, which are suspects again when it is resumed", async () => {
  const { queue, store, pause, resume } = queueWith({ leaseMs: 30_000 });
  const [a, b] = [job({ task: "mail" }), job({ task: "note" })];
  await running(queue, [a, b]);
  redis.clock.now += 30_000;
  await pause({ task: "mail" });
  const { jobs, isolated } = await claim(queue, { token: "v.1" });
  expect([jobs.map(({ job }) => job.id), isolated]).toEqual([[b.id], true]);
  expect(await store.all()).toMatchObject({ parked: { mail: [a.id] } });
  await resume({ task: "mail" });
  expect(await store.ready("suspects")).toEqual([a.id]);
});

test("a paused task's suspects before more offers than a worker wants leave the offers to others", async () => {
  const { queue, store, pause } = queueWith({ leaseMs: 30_000 });
  const [suspect, ...offered] = [job({ task: "mail" }), ...jobs(20, { task: "note" })];
  await running(queue, offered);
  await settle(queue, ...offered.map((each) => deferred(each, 60_000)));
  await running(queue, [suspect!], "v.1");
  redis.clock.now += 30_000;
  await claim(queue, { token: "x.1", count: 0 });
  expect(await store.ready("suspects")).toEqual([suspect!.id]);
  await pause({ task: "mail" });
  const { jobs: taken } = await claim(queue, { token: "w.2", count: 5, tasks: ["note", "mail"] });
  expect(taken).toHaveLength(5);
  const { offers, parked } = await store.all();
  expect([offers!.note, parked]).toMatchObject([{ length: 15 }, { mail: [suspect!.id] }]);
});

test("a paused task runs no job that is on offer, and keeps the offer", async () => {
  const { queue, store, pause } = queueWith();
  const a = job({ task: "mail" });
  await running(queue, [a]);
  await settle(queue, { id: a.id, token: "w.1", outcome: "deferred", delayMs: 60_000 });
  await pause({ task: "mail" });
  expect((await claim(queue, { token: "v.1", tasks: ["mail"] })).jobs).toEqual([]);
  expect(await store.all()).toMatchObject({ offers: { mail: [a.id] }, scheduled: { [a.id]: START + 60_000 } });
});

test("a paused task lets go of a parked job that is cancelled", async () => {
  const { queue, store, pause, resume } = queueWith();
  const [a, b] = [job(), job()];
  await queue.submit([a, b]);
  await pause({ task: "note" });
  await claim(queue);
  expect(await queue.cancel(a.id)).toMatchObject({ outcome: "cancelled" });
  expect(await store.all()).toMatchObject({ parked: { note: [b.id] } });
  expectSound(await store.all());
  await resume({ task: "note" });
  expect(await drained(queue, "v")).toEqual([b.id]);
});

test("a paused task reports a parked job whose record is gone", async () => {
  const { queue, keys, pause } = queueWith();
  const [a, b] = [job(), job()];
  await queue.submit([a, b]);
  await pause({ task: "note", until: START + 1 });
  await claim(queue);
  await redis.redis.del(keys.jobPrefix + a.id);
  redis.clock.now += 1;
  expect(await claim(queue, { token: "w.2" })).toMatchObject({ jobs: [{ job: { id: b.id } }], missing: [a.id] });
});

test("a paused task is found by its parked jobs even where the key of the pause is lost", async () => {
  const { queue, keys, pause, resume } = queueWith();
  const all = jobs(3);
  await queue.submit(all);
  await pause({ task: "note" });
  await claim(queue);
  await redis.redis.del(keys.paused_tasks);
  expect(await resume({ task: "note" })).toMatchObject({ outcome: "resumed", wake: true });
  expect(await drained(queue, "v")).toEqual(idsOf(all));
});

test("a paused task takes nothing while the queue is paused too, and both must be resumed", async () => {
  const { queue, pause, resume } = queueWith();
  await queue.submit(jobs(2));
  await pause({ task: "note" });
  await pause();
  expect(await claim(queue, { token: "w.1" })).toMatchObject({ jobs: [], more: false, paused: ["", "note"] });
  expect(await resume({ task: "note" })).toEqual({ outcome: "resumed", wake: false });
  expect(await claim(queue, { token: "w.2" })).toMatchObject({ jobs: [], more: false, paused: [""] });
  await resume();
  expect((await claim(queue, { token: "w.3" })).jobs).toHaveLength(2);
});
