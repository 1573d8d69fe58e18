import { afterEach, expect, test } from "vitest";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { get, post, useApi } from "../support/api.ts";
import type { Line } from "../support/log.ts";
import { job } from "../support/redis.ts";
import { gate, startWorker, summary, task, until } from "../support/worker.ts";

const api = useApi();
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const server = (...command: string[]) => api.redis.local.backend.send(command);
const echo = task("echo", ({ input }) => input);
const refusals = ({ lines }: { lines: readonly Line[] }) => lines.filter(({ event }) => event === "redis_unavailable");

/** Lets Redis take only this many bytes more. It evicts nothing. */
async function fill(moreBytes: number): Promise<void> {
  const used = Number(/used_memory:(\d+)/.exec(String(await server("INFO", "memory")))![1]);
  closers.push(() => server("CONFIG", "SET", "maxmemory", "0"));
  await server("CONFIG", "SET", "maxmemory", String(used + moreBytes));
}

test("a full Redis refuses submits, lets workers continue, and accepts submits again when there is room", async () => {
  const { call, queue, prefix } = await api.deploy();
  const submit = () =>
    call(post("/submit-job", { task: "note", payload: { to: "ada@example.com", text: "x".repeat(20_000) } }));
  const accepted = [(await submit()).body.job_id as string];
  await fill(1_000_000);
  let refused = await submit();
  for (; refused.status === 202; refused = await submit()) accepted.push(refused.body.job_id);
  expect(accepted.length).toBeGreaterThan(3);
  expect(refused).toMatchObject({ status: 503, body: { code: "redis_unavailable" } });
  expect(refused.headers).toHaveProperty("retry-after");

  const note = task("note", () => "sent");
  const worker = startWorker(queue, [note], { concurrency: 3 });
  expect(await worker.drain()).toMatchObject({ claimed: accepted.length, completed: accepted.length });
  expect(refusals(worker)).toEqual([]);

  const none = { ageMs: 0, keep: 0 };
  const retention = { completed: none, failed: none, cancelled: none };
  const { url, token } = api.redis.local;
  await new WorkerQueue(connectRedis({ url, token }), { prefix, retention }).trim();
  expect((await submit()).status).toBe(202);
});

test("every verb of a worker works in a full Redis: retry, failure, progress, release, reclaim, cancel, redrive", async () => {
  const { queue, store, keys } = await api.deploy();
  const jobs = Array.from({ length: 6 }, () => job());
  await queue.submit(jobs);
  await fill(-1_000);
  const [a, b, c, d, e, f] = jobs.map(({ id }) => id) as [string, string, string, string, string, string];
  const { claimed } = await queue.step({ claim: { token: "w.1", count: 6, arrived: true } });
  expect(claimed?.jobs.map(({ job: { id } }) => id)).toEqual([a, b, c, d, e, f]);
  const failure = { token: "w.1", error: "Error", message: "no" };
  const stepped = await queue.step({
    settle: [
      { id: a, token: "w.1", outcome: "completed", result: '"kept"' },
      { id: b, ...failure, outcome: "retry", delayMs: 60_000 },
      { id: c, ...failure, outcome: "failed" },
      { id: d, token: "w.1", outcome: "released" },
    ],
    extend: [{ id: e, token: "w.1", progress: { percent: 50, note: "half" } }],
  });
  expect(stepped).toEqual({ settled: ["settled", "settled", "settled", "settled"], extended: ["held"], fired: [] });
  expect(await queue.cancel(f)).toMatchObject({ outcome: "cancelled" });
  expect(await queue.redrive(c)).toMatchObject({ outcome: "redriven" });
  await server("CONFIG", "SET", "maxmemory", "0");
  await server("ZADD", keys.leases, "1", e);
  await fill(-1_000);
  const again = await queue.step({ claim: { token: "w.2", count: 0, arrived: false } });
  expect(again.claimed?.reclaimed).toEqual([{ id: e, status: "pending" }]);
  const places = await Promise.all(jobs.map(({ id }) => store.places(id)));
  expect(places).toEqual([["completed"], ["scheduled"], ["normal"], ["normal"], ["suspects"], ["cancelled"]]);
});

/** Starts a job that runs until `end` opens and then returns "kept". */
async function midway(queue: WorkerQueue) {
  const [begun, end] = [gate(), gate()];
  const slow = task("slow", async () => {
    begun.open();
    await end.opened;
    return "kept";
  });
  const a = job({ task: "slow" });
  await queue.submit([a]);
  const worker = startWorker(queue, [slow]);
  const drained = worker.drain();
  await begun.opened;
  return { a, worker, drained, end };
}

test("workers wait while Redis is a read-only replica: results are kept, and statuses are served", async () => {
  const { call, queue } = await api.deploy();
  const { a, worker, drained, end } = await midway(queue);

  closers.push(() => server("REPLICAOF", "NO", "ONE"));
  await server("REPLICAOF", "127.0.0.1", "1");
  end.open();
  await until(() => refusals(worker).length >= 2);
  expect(refusals(worker)[0]).toMatchObject({ name: "RedisError", message: expect.stringContaining("READONLY") });
  expect(await call(post("/submit-job", { task: "note" }))).toMatchObject({
    status: 503,
    body: { code: "redis_unavailable" },
  });
  expect(await call(get(`/job-status/${a.id}`))).toMatchObject({ status: 200, body: { status: "processing" } });

  await server("REPLICAOF", "NO", "ONE");
  expect(await drained).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(await queue.status(a.id)).toMatchObject({ job: { status: "completed", retries: 0 }, result: '"kept"' });
});

test("while a foreign script blocks Redis, submits and statuses are refused, and workers wait and continue when it ends", async () => {
  const { call, queue } = await api.deploy();
  const { a, worker, drained, end } = await midway(queue);

  closers.push(() => server("CONFIG", "SET", "busy-reply-threshold", "5000"));
  await server("CONFIG", "SET", "busy-reply-threshold", "20");
  const endless = server("EVAL", "while true do end", "0");
  end.open();
  await until(() => refusals(worker).length >= 2);
  expect(refusals(worker)[0]).toMatchObject({ name: "RedisError", message: expect.stringContaining("BUSY") });
  for (const request of [post("/submit-job", { task: "note" }), get(`/job-status/${a.id}`)])
    expect(await call(request)).toMatchObject({ status: 503, body: { code: "redis_unavailable" } });

  await server("SCRIPT", "KILL");
  await endless;
  expect(await drained).toEqual(summary({ claimed: 1, completed: 1 }));
  expect(await queue.status(a.id)).toMatchObject({ job: { status: "completed", retries: 0 }, result: '"kept"' });
  expect((await call(post("/submit-job", { task: "note" }))).status).toBe(202);
});

test("a submit that is too large for one request is refused whole, and later ones are accepted", async () => {
  const { queue, store } = await api.deploy();
  const payload = JSON.stringify("x".repeat(256_000));
  const tooMany = Array.from({ length: 45 }, () => job({ payload, task: "echo" }));
  await expect(queue.submit(tooMany)).rejects.toThrow(/max request size exceeded/);
  expect(await store.all()).toEqual({});
  expect(await queue.submit(tooMany.slice(0, 10))).toMatchObject({ outcome: "accepted" });
  expect(await startWorker(queue, [echo], { concurrency: 10 }).drain()).toMatchObject({ completed: 10 });
});

const quota = "ERR max requests limit exceeded. Limit: 500000, Usage: 500000";
const size = "ERR max request size exceeded. Limit: 10485760 bytes, Actual: 10485761 bytes";
test.each([
  [400, { error: quota }, `Redis refused: ${quota}`, 3],
  [413, { error: size }, `Redis refused: ${size}`, 3],
  // A proxy that knows nothing of pipelines.
  [403, { message: "Forbidden" }, "Redis is out of reach: it answered 403 with an unexpected value", 1],
])(
  "a settle and claim that are refused together (%i %j) are tried again, and every job runs once",
  async (status, body, message, failures) => {
    const { prefix, queue: direct } = await api.deploy();
    const { token } = api.redis.local;
    const queue = new WorkerQueue(connectRedis({ url: api.faults.url, token }), { prefix });
    const jobs = Array.from({ length: 10 }, () => job({ task: "counted" }));
    await direct.submit(jobs);
    let refused = 0;
    api.faults.reset();
    api.faults.when(({ verbs }) =>
      verbs.length > 1 && refused++ < 3 ? { answer: status, body: JSON.stringify(body) } : undefined,
    );
    closers.push(async () => api.faults.reset());
    let runs = 0;
    const counted = task("counted", () => void runs++);
    const worker = startWorker(queue, [counted], { concurrency: 4 });
    expect(await worker.drain()).toEqual(summary({ claimed: 10, completed: 10 }));
    expect(runs).toBe(10);
    expect(refusals(worker)).toContainEqual(expect.objectContaining({ message, failures }));
  },
);

test("every job runs once on a Redis that forgets its scripts before every request", async () => {
  const { prefix, store } = await api.deploy();
  const { token } = api.redis.local;
  const queue = new WorkerQueue(connectRedis({ url: api.faults.url, token }), { prefix });
  api.faults.reset();
  api.faults.when(() => ({ before: server("SCRIPT", "FLUSH") }));
  closers.push(async () => api.faults.reset());
  const jobs = Array.from({ length: 10 }, () => job({ task: "echo", payload: "1" }));
  await queue.submit(jobs);
  expect(await startWorker(queue, [echo], { concurrency: 3 }).drain()).toMatchObject({ claimed: 10, completed: 10 });
  expect((await store.all()).counters).toEqual({ completed: 10 });
  expect(api.faults.seen.filter(({ body }) => body.includes('"eval"')).length).toBeGreaterThan(3);
});

test("a worker and an API with a wrong token run nothing, lose nothing, and say what is wrong", async () => {
  const { queue, prefix } = await api.deploy();
  const wrong = await api.deploy({ IS_OFFLINE: "true", UPSTASH_REDIS_REST_TOKEN: "wrong", KEY_PREFIX: prefix });
  const a = job({ task: "echo" });
  await queue.submit([a]);
  expect(await wrong.call(post("/submit-job", { task: "note" }))).toMatchObject({
    status: 503,
    body: { code: "redis_unavailable" },
  });
  const misled = new WorkerQueue(connectRedis({ url: api.redis.local.url, token: "wrong" }), { prefix });
  const worker = startWorker(misled, [echo]);
  let left = 60_000;
  const drained = worker.drain({ remainingMs: () => left });
  await until(() => refusals(worker).length > 0);
  left = 0;
  expect(await drained).toEqual(summary({ stopped: "unreachable" }));
  expect(refusals(worker)[0]?.message).toBe("Redis refused the token: check UPSTASH_REDIS_REST_TOKEN");
  expect(await startWorker(queue, [echo]).drain()).toMatchObject({ completed: 1 });
});

test("evicted records are logged and counted wherever their ids are, and the other jobs complete", async () => {
  const { queue, keys, store } = await api.deploy();
  const [ready, due, leased, alive] = [
    job({ task: "echo" }),
    job({ task: "echo" }),
    job({ task: "echo" }),
    job({ task: "echo" }),
  ];
  await queue.submit([leased]);
  await queue.step({ claim: { token: "dead.1", count: 1, arrived: true } });
  await queue.submit([ready, { ...due, when: { delayMs: 1 } }, alive]);
  await server("ZADD", keys.leases, "1", leased.id);
  await server("ZADD", keys.scheduled, "1", due.id);
  const evicted = [ready, due, leased].map(({ id }) => id);
  for (const id of evicted) await server("UNLINK", keys.jobPrefix + id);

  const worker = startWorker(queue, [echo]);
  expect(await worker.drain()).toEqual(summary({ claimed: 1, completed: 1 }));
  const missing = worker.lines.filter(({ event }) => event === "missing");
  expect(missing.map(({ job_id }) => job_id).sort()).toEqual(evicted.sort());
  expect((await store.all()).counters).toEqual({ completed: 1, missing: 3 });
  expect(await queue.hasWork()).toBe(false);
});
