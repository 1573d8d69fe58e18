import { expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { QueueSettings, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, useRedis } from "../support/redis.ts";
import { claim, completed, deferred, extend, released, retry, settle, snoozed } from "../support/verbs.ts";
import { until } from "../support/worker.ts";

const redis = useRedis();
const DAYS_30 = 30 * 86_400_000;
const inDays = () => job({ when: { delayMs: DAYS_30 } });

/** A queue on Redis' own clock: on another one, ticks never sleep. */
const queueOf = (settings: QueueSettings = {}) => redis.queue({ now: () => "" as never, ...settings });

/** What a tick does if it must look: it claims, and finds nothing to run. */
const tick = (queue: WorkerQueue) => claim(queue, { token: "tick.1", arrived: false, tick: true });

/** A queue with a job that is due in 30 days, whose ticks sleep. */
async function asleep(settings: QueueSettings = {}) {
  const made = queueOf(settings);
  const { queue } = made;
  const later = inDays();
  await queue.submit([later]);
  await tick(queue);
  expect(await queue.hasWork()).toBe(false);
  return { ...made, later };
}

test("a tick that finds nothing due lets the next ones sleep, for an hour at most", async () => {
  const { queue, store } = queueOf();
  await queue.submit([inDays()]);
  expect(await queue.hasWork()).toBe(true);
  await tick(queue);
  const [due] = Object.values((await store.all()).scheduled!);
  expect((await store.all()).asleep).toBe(String(due));
  const ms = (await store.expiries())["job_queue:asleep"]!;
  expect(ms).toBeGreaterThan(3_500_000);
  expect(ms).toBeLessThanOrEqual(3_600_000);
  expect(await queue.hasWork()).toBe(false);
});

test("ticks wake up as long before a job is due as a worker would wait for it", async () => {
  const { queue, store } = queueOf({ lingerMs: 10_000 });
  await queue.submit([job({ when: { delayMs: 60_000 } })]);
  await tick(queue);
  const ms = (await store.expiries())["job_queue:asleep"]!;
  expect(ms).toBeGreaterThan(20_000);
  expect(ms).toBeLessThanOrEqual(50_000);
});

test.each([
  { name: "no tick claims", arrange: () => [inDays()], more: { tick: false } },
  { name: "a job is taken", arrange: () => [inDays(), job()], more: {} },
  { name: "a job is left", arrange: () => [inDays(), job(), job()], more: { count: 1 } },
  { name: "a worker would wait for the next job", arrange: () => [job({ when: { delayMs: 9_000 } })], more: {} },
  { name: "nothing is scheduled", arrange: () => [], more: {} },
  { name: "the claim does not look for due jobs", arrange: () => [inDays()], more: { sweep: false } },
])("ticks do not sleep where $name", async ({ arrange, more }) => {
  const { queue, store } = queueOf({ lingerMs: 10_000 });
  if (arrange().length > 0) await queue.submit(arrange());
  await claim(queue, { tick: true, ...more });
  expect(await store.all()).not.toHaveProperty("asleep");
});

test("ticks never sleep on a clock that a test has set: the sleep would end by another", async () => {
  const { queue, store } = redis.queue();
  await queue.submit([inDays()]);
  await tick(queue);
  expect(await store.all()).not.toHaveProperty("asleep");
});

test("a tick that looks while others sleep, as jobs are running, does not write the same again", async () => {
  const { queue, keys } = await asleep();
  await queue.submit([job()]);
  await claim(queue);
  expect(await queue.hasWork()).toBe(true);
  await redis.redis.pexpire(keys.asleep, 5_000);
  await claim(queue, { token: "tick.2", tick: true });
  expect(await redis.redis.pttl(keys.asleep)).toBeLessThanOrEqual(5_000);
});

/** Brings the job to where its cancelled attempt may still run, and puts it back: it waits for that attempt. */
async function held(queue: WorkerQueue, of: NewJob) {
  await queue.cancel(of.id);
  await queue.redrive(of.id);
}

test.each<{ name: string; act: (queue: WorkerQueue, running: NewJob) => Promise<unknown> }>([
  { name: "a delayed job is submitted", act: (queue) => queue.submit([job({ when: { delayMs: 90_000 } })]) },
  { name: "one that is due soon", act: (queue) => queue.submit([job({ when: { delayMs: 1_000 } })]) },
  { name: "an attempt fails", act: (queue, running) => settle(queue, retry(running, 90_000)) },
  { name: "a job is snoozed", act: (queue, running) => settle(queue, snoozed(running, 90_000)) },
  { name: "a task is unknown", act: (queue, running) => settle(queue, deferred(running, 90_000)) },
  { name: "a job that is being cancelled is put back", act: held },
])("ticks wake up when $name, and sleep again", async ({ act }) => {
  const { queue, store } = queueOf();
  const running = job();
  await queue.submit([running, inDays()]);
  await claim(queue);
  await claim(queue, { token: "tick.1", tick: true });
  expect(await store.all()).toHaveProperty("asleep");
  await act(queue, running);
  expect(await store.all()).not.toHaveProperty("asleep");
  expect(await queue.hasWork()).toBe(true);
});

test.each([
  { name: "extends", tell: (queue: WorkerQueue, of: NewJob) => extend(queue, { id: of.id, token: "w.1" }) },
  { name: "settles", tell: (queue: WorkerQueue, of: NewJob) => settle(queue, completed(of)) },
])("ticks wake up when a job becomes due because its cancelled attempt $name", async ({ tell }) => {
  const { queue, store } = queueOf({ leaseMs: 60_000 });
  const running = job();
  await queue.submit([running]);
  await claim(queue);
  await held(queue, running);
  await tick(queue);
  expect(await store.all()).toHaveProperty("asleep");
  expect(await queue.hasWork()).toBe(false);
  await tell(queue, running);
  expect(await queue.hasWork()).toBe(true);
  expect((await claim(queue, { token: "w.2" })).jobs).toMatchObject([{ job: { id: running.id } }]);
});

test.each<{ name: string; act: (queue: WorkerQueue, running: NewJob) => Promise<unknown> }>([
  { name: "completes", act: (queue, running) => settle(queue, completed(running)) },
  { name: "is given back", act: (queue, running) => settle(queue, released(running)) },
])("ticks sleep on when a job $name", async ({ act }) => {
  const { queue, store } = queueOf();
  const running = job();
  await queue.submit([running, inDays()]);
  await claim(queue);
  await claim(queue, { token: "tick.1", tick: true });
  await act(queue, running);
  expect(await store.all()).toHaveProperty("asleep");
});

test("a lost wake-up is found by the next tick, though ticks sleep", async () => {
  const { queue, store } = await asleep();
  const lost = job();
  expect(await queue.submit([lost])).toMatchObject({ wake: true });
  expect(await store.all()).toHaveProperty("asleep");
  expect(await queue.hasWork()).toBe(true);
  expect((await tick(queue)).jobs).toMatchObject([{ job: { id: lost.id } }]);
});

test("a job that is submitted while ticks sleep, and is due first, is found by a tick when it is due", async () => {
  const { queue, later } = await asleep({ lingerMs: 10 });
  const sooner = job({ when: { delayMs: 100 } });
  await queue.submit([sooner]);
  let ticks = 0;
  const ids: string[] = [];
  await until(async () => {
    if (!(await queue.hasWork())) return false;
    const { jobs } = await claim(queue, { token: `tick.${++ticks}`, tick: true });
    ids.push(...jobs.map((each) => each.job.id));
    return ids.length > 0;
  });
  expect(ids).toEqual([sooner.id]);
  const { job: run } = (await queue.status(sooner.id))!;
  expect(run.startedAt).toBeGreaterThanOrEqual(run.runAt!);
  expect((await queue.status(later.id))?.job.status).toBe("pending");
});

test("a sleep ends by itself, and a tick begins another", async () => {
  const { queue, keys, store } = await asleep();
  await redis.redis.pexpire(keys.asleep, 1);
  await until(() => queue.hasWork());
  await tick(queue);
  expect(await store.all()).toHaveProperty("asleep");
  expect(await queue.hasWork()).toBe(false);
});
