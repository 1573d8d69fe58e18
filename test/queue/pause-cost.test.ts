import { expect, test } from "vitest";
import { pause, resume } from "../../lib/queue/pauses.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { drained, HOUR, jobs } from "../support/pauses.ts";
import { job, total, useRedis } from "../support/redis.ts";
import { claim, released, settle } from "../support/verbs.ts";

/** What pauses cost in Redis commands. The figures are exact, as in budget.test.ts, which shows that nothing else costs more. */
const redis = useRedis();

const commandsOf = async (run: () => Promise<unknown>) => total(await redis.commandsOf(run));

/** A queue on Redis' own clock, whose scripts are loaded. */
async function warm() {
  const { keys, prefix, store } = redis.queue();
  const queue = new WorkerQueue(redis.redis, { prefix });
  const of = { redis: redis.redis, keys };
  await queue.submit([job()]);
  await pause(of, { task: "note" });
  await resume(of, { task: "note" });
  await drained(queue, "warm");
  await redis.redis.del(keys.wake);
  let claims = 0;
  return {
    ...{ queue, keys, store },
    pause: (what: Parameters<typeof pause>[1] = {}) => pause(of, what),
    resume: (what: Parameters<typeof resume>[1] = {}) => resume(of, what),
    claim: (count = 10) => claim(queue, { token: `w.${++claims * 20 + 1}`, count }),
  };
}

test("a claim costs 6 commands where nothing is ready, and 5 where the queue is paused, whatever is ready", async () => {
  const { queue, pause, claim } = await warm();
  expect(await commandsOf(() => claim())).toBe(6);
  await pause();
  await queue.submit(jobs(100));
  expect(await commandsOf(() => claim())).toBe(5);
});

test("a submit of a paused queue costs 4 commands as that of an idle one", async () => {
  const { queue, pause } = await warm();
  await pause();
  expect(await commandsOf(() => queue.submit([job()]))).toBe(4);
});

test("pausing the queue costs 6 commands, or 8 with a new end; a task 5 or 7; resuming the queue 8", async () => {
  const { pause, resume } = await warm();
  const until = Date.now() + HOUR;
  expect(await commandsOf(() => pause())).toBe(6);
  expect(await commandsOf(() => pause({ until }))).toBe(8);
  expect(await commandsOf(() => pause({ task: "note" }))).toBe(5);
  expect(await commandsOf(() => pause({ task: "note", until }))).toBe(7);
  expect(await commandsOf(() => resume())).toBe(8);
});

test("a claim that sets 1,000 jobs of a paused task aside costs 13 commands, and one that finds none of them 6", async () => {
  const { queue, pause, claim } = await warm();
  for (let i = 0; i < 10; i++) await queue.submit(jobs(100));
  await pause({ task: "note" });
  expect(await commandsOf(() => claim())).toBe(13);
  expect(await queue.stats()).toMatchObject({ ready: { normal: 0 }, pausedTasks: [{ parked: 1_000 }] });
  expect(await commandsOf(() => claim())).toBe(6);
});

test("resuming a task costs 10 commands for a thousand parked jobs of a priority", async () => {
  const { queue, pause, resume, claim } = await warm();
  for (let i = 0; i < 10; i++) await queue.submit(jobs(100));
  await pause({ task: "note" });
  await claim();
  expect(await commandsOf(() => resume({ task: "note" }))).toBe(10);
  expect(await queue.stats()).toMatchObject({ ready: { normal: 1_000 } });
});

test("giving jobs of a paused task back costs as much as giving back others", async () => {
  const { queue, pause } = await warm();
  const costs: number[] = [];
  for (const task of [undefined, "note"]) {
    const held = jobs(10);
    await queue.submit(held);
    const { jobs: claimed } = await claim(queue, { token: `v${task}.1` });
    if (task) await pause({ task });
    costs.push(await commandsOf(() => settle(queue, ...claimed.map(({ job, token }) => released(job, token)))));
    await drained(queue, `d${task}`);
  }
  expect(costs[1]).toBe(costs[0]);
});

test("a paused queue with 100,000 waiting: a tick takes nothing, wakes nobody and hands over to nobody", async () => {
  const { queue, keys, pause, claim } = await warm();
  const ids = Array.from({ length: 10_000 }, () => crypto.randomUUID());
  for (let i = 0; i < 10; i++) await redis.redis.lpush(keys.normal, ...ids); // a list is as long as it is, whatever is in it
  await pause();
  let answer: unknown;
  expect(await commandsOf(async () => (answer = await claim()))).toBe(5);
  expect(answer).toMatchObject({ jobs: [], more: false, wake: false, missing: [], paused: [""] });
  expect(await queue.stats()).toMatchObject({ ready: { normal: 100_000 } });
});
