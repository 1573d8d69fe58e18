import type { UpstashRequest } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RedisError } from "../../lib/errors.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { redisCommands } from "../../lib/redis/commands.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { type Faults, onCall, startFaults } from "../support/faults.ts";
import { job, useRedis } from "../support/redis.ts";

const world = useRedis();
let faults: Faults;
beforeAll(async () => {
  faults = await startFaults(world.local.url);
});
beforeEach(async () => {
  faults.reset();
  const { queue } = world.queue();
  await queue.submit([job()]); // so that Redis knows the scripts
  await queue.step({ claim: { token: "w.0", count: 0, arrived: false } });
});
afterAll(() => faults.stop());

/** A queue whose requests are counted, with its store. */
function counted(resends = 0) {
  const { prefix, store, keys } = world.queue();
  const redis = connectRedis({ url: faults.url, token: world.local.token, resends });
  return { queue: new WorkerQueue(redis, { prefix }), store, keys };
}
const verbs = () => faults.seen.map((request) => request.verbs);
const accepted = (wake: boolean) => ({ outcome: "accepted", wake });

test("submits in one turn of the event loop are one request, in order, and only the first wakes a worker", async () => {
  const { queue, store } = counted();
  const jobs = [job(), job(), job()];
  const outcomes = await Promise.all(jobs.map((each) => queue.submit([each])));
  expect(outcomes).toEqual([accepted(true), accepted(false), accepted(false)]);
  expect(verbs()).toEqual([["submit", "submit", "submit"]]);
  expect(await store.ready()).toEqual(jobs.map(({ id }) => id));
});

test("submits from different callbacks of one turn share a request; those of the next turn do not", async () => {
  const { queue } = counted();
  const inTimer = () =>
    new Promise((resolve) => setTimeout(() => process.nextTick(() => resolve(queue.submit([job()]))), 1));
  await Promise.all([inTimer(), inTimer(), inTimer()]); // timers of equal length that started together fire together
  await queue.submit([job()]);
  expect(verbs()).toEqual([["submit", "submit", "submit"], ["submit"]]);
});

test("each submit gets its own answer: a job that exists, jobs all or none, an error", async () => {
  const { queue, store, keys } = counted();
  const [old, a, b, c] = [job(), job(), job(), job({ priority: "low" })];
  await queue.submit([old]);
  await world.redis.set(keys.low, "no list");
  const settled = await Promise.allSettled([[a], [b, old], [c], [b]].map((jobs) => queue.submit(jobs)));
  expect(settled).toMatchObject([
    { value: accepted(false) },
    { value: { outcome: "exists", jobs: [undefined, { id: old.id }] } },
    { reason: { name: "RedisError", unreachable: false, message: expect.stringContaining("WRONGTYPE") } },
    { value: accepted(false) },
  ]);
  expect(verbs()).toEqual([["submit"], ["submit", "submit", "submit", "submit"]]);
  await world.redis.del(keys.low);
  expect(await store.ready()).toEqual([old.id, a.id, b.id]);
});

test("a failed request fails all of its submits with the same error, and no later ones", async () => {
  const { queue, store } = counted();
  faults.when(onCall(1, "drop_request"));
  const jobs = [job(), job()];
  const settled = await Promise.allSettled(jobs.map((each) => queue.submit([each])));
  const [first, second] = settled.map((each) => (each as PromiseRejectedResult).reason);
  expect(first).toBeInstanceOf(RedisError);
  expect(first).toMatchObject({ unreachable: true });
  expect(second).toBe(first);
  expect(await queue.submit([jobs[1]!])).toEqual(accepted(true));
  expect(await store.ready()).toEqual([jobs[1]!.id]);
});

test("a request whose reply was lost is sent again, and each job exists once", async () => {
  const { queue, store } = counted(1);
  faults.when(onCall(1, "drop_reply"));
  const jobs = [job(), job()];
  const outcomes = await Promise.all(jobs.map((each) => queue.submit([each])));
  expect(outcomes).toMatchObject(jobs.map(({ id }) => ({ outcome: "exists", jobs: [{ id }] })));
  expect(outcomes[0]!.wake).toBe(true);
  expect(verbs()).toEqual([
    ["submit", "submit"],
    ["submit", "submit"],
  ]);
  expect(await store.ready()).toEqual(jobs.map(({ id }) => id));
});

test("a Redis that does not know the script gets its text and accepts every job once", async () => {
  const { queue, store } = counted();
  await world.local.backend.send(["SCRIPT", "FLUSH"]);
  const jobs = [job(), job(), job()];
  const outcomes = await Promise.all(jobs.map((each) => queue.submit([each])));
  expect(outcomes).toEqual([accepted(true), accepted(false), accepted(false)]);
  expect(verbs().map((each) => each.length)).toEqual([3, 3]);
  expect(await store.ready()).toEqual(jobs.map(({ id }) => id));
});

test("if Redis forgets the script halfway through a request, only the submits that did not run are sent again", async () => {
  const requests: UpstashRequest[] = [];
  const answers = [
    [{ result: ["accepted", 1] }, { error: "NOSCRIPT No matching script" }, { result: ["accepted", 0] }],
    { result: ["accepted", 1] },
  ];
  const redis = redisCommands({
    async request(request) {
      return answers[requests.push(request) - 1] as never;
    },
  });
  const queue = new WorkerQueue(redis);
  const jobs = [job(), job(), job()];
  const outcomes = await Promise.all(jobs.map((each) => queue.submit([each])));
  expect(outcomes).toEqual([accepted(true), accepted(true), accepted(false)]);
  expect(requests).toHaveLength(2);
  const again = requests[1]!.body as string[];
  expect(again[0]).toBe("eval");
  expect(jobs.map(({ id }) => again.includes(id))).toEqual([false, true, false]);
});

test("a request holds at most a hundred submits and a million characters", async () => {
  const { queue, store } = counted();
  const many = Array.from({ length: 130 }, () => job());
  await Promise.all(many.map((each) => queue.submit([each])));
  expect(
    verbs()
      .map((each) => each.length)
      .sort(),
  ).toEqual([100, 30]);
  faults.reset();
  const large = Array.from({ length: 9 }, () => job({ payload: JSON.stringify("x".repeat(256_000)) }));
  await Promise.all(large.map((each) => queue.submit([each])));
  expect(verbs().map((each) => each.length)).toEqual([3, 3, 3]);
  expect((await store.ready()).sort()).toEqual([...many, ...large].map(({ id }) => id).sort());
});

test("a worker's step neither waits for submits of the same turn nor shares a request with them", async () => {
  const { queue } = counted();
  const submitted = queue.submit([job()]);
  const stepped = queue.step({ claim: { token: "w.1", count: 0, arrived: false } });
  await Promise.all([submitted, stepped]);
  expect(verbs().sort()).toEqual([["claim"], ["submit"]]);
});
