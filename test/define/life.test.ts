import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { defineQueue, defineTask, type QueueOptions, type WakeqError } from "../../lib/index.ts";
import { useRedis } from "../support/redis.ts";
import { logged } from "../support/stderr.ts";

const redis = useRedis();
const runs: string[] = [];
let release = () => {};
let held: Promise<void> = Promise.resolve();
const echo = defineTask({ name: "echo", input: z.unknown(), run: ({ job }) => void runs.push(job.id) });
const heldTask = defineTask({
  name: "held",
  input: z.unknown(),
  async run({ job }) {
    await held;
    runs.push(job.id);
  },
});

let prefix: string;
beforeEach(() => {
  runs.length = 0;
  ({ prefix } = redis.queue());
  vi.stubEnv("UPSTASH_REDIS_REST_URL", "");
  vi.stubEnv("UPSTASH_REDIS_REST_TOKEN", "");
  vi.stubEnv("WORKER_FUNCTION_NAME", "");
});
afterEach(() => {
  release();
  vi.unstubAllEnvs();
});

const database = () => ({ url: redis.local.url, token: redis.local.token });
const queueOf = (options: Partial<QueueOptions> = {}) =>
  defineQueue({
    redis: database(),
    prefix,
    log: "silent",
    wake: () => {},
    ...(options as object),
    tasks: [echo, heldTask],
  });

test("a queue that was used before the environment was set works once it is", async () => {
  const queue = defineQueue({ tasks: [echo], prefix, log: "silent", wake: () => {} });
  const { result } = await logged(() => queue.submit(echo).catch(({ code }: WakeqError) => code));
  expect(result).toBe("not_configured");
  expect((await logged(() => queue.drain().catch((error: Error) => error.name))).result).toBe("ConfigError");
  vi.stubEnv("UPSTASH_REDIS_REST_URL", redis.local.url);
  vi.stubEnv("UPSTASH_REDIS_REST_TOKEN", redis.local.token);
  const { id } = await queue.submit(echo);
  expect(await queue.drain()).toMatchObject({ completed: 1 });
  expect(runs).toEqual([id]);
});

test("two queues on one Redis, with prefixes of their own, see nothing of each other", async () => {
  const [ours, theirs] = [queueOf(), queueOf({ prefix: redis.queue().prefix })];
  const key = { idempotencyKey: "the same" };
  const mine = await ours.submit(echo, 1, key);
  const other = await theirs.submit(echo, 2, key);
  expect(other).toEqual({ id: mine.id, replayed: false, uniqueConflict: false });
  expect((await ours.status(mine.id)).payload).toBe(1);
  expect(await theirs.drain()).toMatchObject({ claimed: 1 });
  expect(await ours.stats()).toMatchObject({ ready: { normal: 1 }, completed: 0 });
  expect(await theirs.stats()).toMatchObject({ ready: { normal: 0 }, completed: 1 });
});

test("a queue defined twice, as a hot reload does, is one queue: each job runs once", async () => {
  const options = { wake: (drain: () => unknown) => drain() };
  const [before, after] = [queueOf(options), queueOf(options)];
  const ids = await Promise.all([
    before.submit(echo),
    after.submit(echo),
    before.submit(echo),
    after.submit(echo),
  ]).then((submitted) => submitted.map(({ id }) => id));
  await Promise.all([...ids.map((id) => before.wait(id)), after.drain()]);
  expect(runs.toSorted()).toEqual(ids.toSorted());
  const { completed, totals } = await after.stats();
  expect({ completed, totals }).toEqual({ completed: 4, totals: { completed: 4 } });
});

test("options may be frozen, and what is changed in them later has no effect", async () => {
  const tasks = Object.freeze([echo] as const);
  const frozen = defineQueue(
    Object.freeze({
      tasks,
      redis: Object.freeze(database()),
      prefix,
      log: "silent",
      wake: () => {},
      retention: Object.freeze({ jobs: 5 }),
      apiKeys: Object.freeze([]),
    } satisfies QueueOptions<typeof tasks>),
  );
  expect((await frozen.submit(echo)).replayed).toBe(false);

  const loose = { tasks: [echo], redis: database(), prefix, log: "silent" as const, wake: () => {} };
  const queue = defineQueue(loose);
  loose.prefix = "elsewhere";
  loose.redis.url = "http://127.0.0.1:1";
  loose.tasks.pop();
  expect((await queue.submit(echo)).replayed).toBe(false);
  expect(await frozen.stats()).toMatchObject({ ready: { normal: 2 } });
});

describe("drains", () => {
  const hold = () => {
    held = new Promise<void>((resolve) => {
      release = resolve;
    });
  };

  test("two at the same time share the jobs, and each job runs once", async () => {
    hold();
    const queue = queueOf({ concurrency: 2 });
    const ids = (await queue.submitMany(Array.from({ length: 6 }, () => ({ task: heldTask })))).ids;
    const drains = [queue.drain(), queue.drain()];
    await vi.waitFor(async () => expect(await queue.stats()).toMatchObject({ processing: 4 }));
    release();
    const [one, two] = await Promise.all(drains);
    expect(one!.completed + two!.completed).toBe(6);
    expect(one!.lost + two!.lost).toBe(0);
    expect(runs.toSorted()).toEqual([...ids].sort());
  });

  test("a submit after the process was told to end is accepted, and waits for the next process", async () => {
    hold();
    const queue = queueOf();
    const ending = new AbortController();
    process.once("SIGTERM", () => ending.abort());
    const first = await queue.submit(heldTask);
    const draining = queue.drain({ signal: ending.signal });
    await vi.waitFor(async () => expect((await queue.status(first.id)).status).toBe("processing"));
    process.emit("SIGTERM");
    const second = await queue.submit(echo);
    expect(await draining).toMatchObject({ claimed: 1, released: 1, stopped: "shutdown" });
    expect((await queue.status(second.id)).status).toBe("pending");
    expect((await queue.status(first.id)).attempts).toEqual([]);
    release();
    expect(await queueOf().drain()).toMatchObject({ completed: 2 });
  });
});

test("a delayed job is run now, in this process, and one that is not wanted any more is deleted", async () => {
  const queue = defineQueue({ tasks: [echo], redis: database(), prefix, log: "silent" });
  const [soon, never] = [1, 2].map((n) => queue.submit(echo, n, { delaySeconds: 3_600 }));
  const { id } = await soon!;
  expect(await queue.runNow(id)).toMatchObject({ jobId: id, status: "pending" });
  expect((await queue.wait(id)).status).toBe("completed");
  const unwanted = await never!;
  expect(await queue.delete(unwanted.id)).toBeUndefined();
  await expect(queue.status(unwanted.id)).rejects.toMatchObject({ code: "job_not_found" });
});
