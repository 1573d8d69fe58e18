import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import {
  ConfigError,
  defineQueue,
  defineTask,
  JobFailedError,
  type QueueOptions,
  WakeqError,
} from "../../lib/index.ts";
import { useRedis } from "../support/redis.ts";
import { logged } from "../support/stderr.ts";

const redis = useRedis();
const hello = defineTask({
  name: "hello",
  input: z.object({ to: z.string() }),
  async run({ input, progress }) {
    await progress(50, "half way");
    return { said: `hello ${input.to}` };
  },
});
const fails = defineTask({
  name: "fails",
  maxRetries: 0,
  input: z.unknown(),
  run() {
    throw new Error("it never works");
  },
});

beforeEach(() => {
  vi.stubEnv("WORKER_FUNCTION_NAME", "");
  vi.stubEnv("UPSTASH_REDIS_REST_URL", "");
  vi.stubEnv("UPSTASH_REDIS_REST_TOKEN", "");
});
afterEach(() => void vi.unstubAllEnvs());

const database = () => ({ url: redis.local.url, token: redis.local.token });
const queueOf = (options: Partial<QueueOptions> = {}) =>
  defineQueue({
    tasks: [hello, fails],
    redis: database(),
    prefix: redis.queue().prefix,
    log: "silent",
    ...(options as object),
  });

describe("a queue inside an application", () => {
  test("a job is submitted with its task, runs in this process, and its result has a type", async () => {
    const queue = queueOf();
    const { id, replayed } = await queue.submit(hello, { to: "ada" });
    expect(replayed).toBe(false);
    const job = await queue.wait(id);
    if (job.status !== "completed") throw new Error(job.status);
    const said: string = job.result.said;
    expect(said).toBe("hello ada");
  });

  test("by name, many, with a key: the same key gives the same jobs", async () => {
    const queue = queueOf({ wake: () => {} });
    const jobs = [
      { task: "hello", payload: { to: "ada" } },
      { task: fails, delaySeconds: 60 },
    ] as const;
    const first = await queue.submitMany(jobs, { idempotencyKey: "order-17" });
    const again = await queue.submitMany(jobs, { idempotencyKey: "order-17" });
    expect(again).toEqual({ ids: first.ids, replayed: true, uniqueConflicts: [] });
    const { runAt, status } = await queue.status(first.ids[1]!);
    expect([status, runAt instanceof Date]).toEqual(["pending", true]);
  });

  test("run resolves with the finished job, or rejects with a JobFailedError", async () => {
    const queue = queueOf();
    expect((await queue.run("hello", { to: "bob" })).result).toEqual({ said: "hello bob" });
    await expect(queue.run(fails)).rejects.toThrow(JobFailedError);
  });

  test("a failed job is listed, retried and cancelled; the statistics count it", async () => {
    const queue = queueOf({ wake: () => {} });
    const { id } = await queue.submit(fails);
    expect(await queue.drain()).toMatchObject({ claimed: 1, failed: 1, stopped: "empty" });
    const listed = [];
    for await (const job of queue.list({ status: "failed" })) listed.push(job.jobId);
    expect(listed).toEqual([id]);
    expect((await queue.retry(id)).status).toBe("pending");
    expect((await queue.cancel(id)).status).toBe("cancelled");
    expect(await queue.stats()).toMatchObject({ cancelled: 1, failed: 0, totals: { failed: 1, redriven: 1 } });
    expect(await queue.history()).toMatchObject({ range: "hour", totals: { cancelled: 1, failed: 1 } });
  });

  test("what the API would refuse is a WakeqError with the API's code, and nothing is stored", async () => {
    const queue = queueOf();
    const wrong = queue.submit("hello", { to: 7 } as never);
    await expect(wrong).rejects.toThrow(WakeqError);
    await expect(wrong).rejects.toMatchObject({ code: "invalid_request", errors: [{ pointer: "/payload/to" }] });
    await expect(queue.submit("nothing" as never, {} as never)).rejects.toMatchObject({ code: "unknown_task" });
    await expect(queue.status("no-id")).rejects.toMatchObject({ code: "invalid_job_id" });
    expect(await queue.stats()).toMatchObject({ ready: { normal: 0 } });
  });

  test("an option that there is not, and a task that is none, are refused before anything is sent", async () => {
    const queue = queueOf();
    const misspelt = queue.submit("hello", { to: "ada" }, { delay: 5 } as never);
    await expect(misspelt).rejects.toThrow(/there is no option delay; there are: priority, delaySeconds/);
    const oneOfMany = queue.submitMany([{ task: "hello", payload: { to: "ada" }, delay: 5 } as never]);
    await expect(oneOfMany).rejects.toThrow(/submitMany: there is no option delay; there are: task, payload, priority/);
    const key = queue.submitMany([{ task: "hello", payload: { to: "ada" } }], { key: "order-17" } as never);
    await expect(key).rejects.toThrow(/submitMany: there is no option key; there are: idempotencyKey/);
    await expect(queue.run("hello", { to: "ada" }, { timeout: 5 } as never)).rejects.toThrow(
      /run: there is no option timeout/,
    );
    await expect(queue.submit(undefined as never, {} as never)).rejects.toThrow(/expected a task or its name/);
    expect(await queue.stats()).toMatchObject({ ready: { normal: 0 } });
  });

  test("a wait ends when its signal aborts, or its time is up", async () => {
    const queue = queueOf({ wake: () => {} });
    const { id } = await queue.submit(hello, { to: "ada" });
    const gone = new AbortController();
    const waiting = queue.wait(id, { signal: gone.signal, onProgress: () => gone.abort(new Error("gone")) });
    await expect(waiting).rejects.toThrow("gone");
    await expect(queue.wait(id, { timeoutMs: 20 })).rejects.toMatchObject({ name: "WakeqTimeoutError" });
  });

  test("wake is the application's: it is told why, and given what drains", async () => {
    const asked: string[] = [];
    const queue = queueOf({
      async wake(drain, { source }) {
        const { completed } = await drain();
        asked.push(`${source} ${completed}`);
      },
    });
    await queue.submit(hello, { to: "ada" });
    expect(asked).toEqual(["submit 1"]);
  });

  test("the drain that wake is given can be limited: what is left stays in the queue", async () => {
    const stopped: string[] = [];
    const queue = queueOf({
      async wake(drain) {
        stopped.push((await drain({ maxSeconds: 0 })).stopped);
      },
    });
    const { id } = await queue.submit(hello, { to: "ada" });
    expect([stopped[0], (await queue.status(id)).status]).toEqual(["deadline", "pending"]);
  });

  test("a drain that cannot start says why in the log", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4318"); // which the worker alone reads
    const told: string[] = [];
    const queue = queueOf({
      log: (_, event, fields) => {
        const { message } = (typeof fields === "function" ? fields() : fields) as { message?: string };
        if (event === "drain_failed") told.push(message!);
      },
    });
    await queue.submit(hello, { to: "ada" });
    await vi.waitUntil(() => told.length > 0);
    expect(told[0]).toMatch(/OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: expected/);
  });

  test("a drain resolves when its jobs have ended, and starts no other that nobody could stop", async () => {
    let running = 0;
    let most = 0;
    const slow = defineTask({
      name: "slow",
      input: z.unknown(),
      async run() {
        most = Math.max(most, ++running);
        await sleep(30);
        running--;
      },
    });
    const queue = defineQueue({
      tasks: [slow],
      redis: database(),
      prefix: redis.queue().prefix,
      log: "silent",
      concurrency: 1,
    });
    const quiet = { delaySeconds: 0 };
    await queue.submitMany(Array.from({ length: 6 }, () => ({ task: "slow" as const, ...quiet })));
    await queue.drain();
    await vi.waitUntil(async () => (await queue.stats()).completed === 6);
    expect(most).toBeLessThanOrEqual(2); // that of the submit, and the one asked for
  });

  test("a wake-up that throws does not fail the submit", async () => {
    const events: string[] = [];
    const queue = queueOf({
      wake: () => Promise.reject(new Error("nobody there")),
      log: (_, event) => void events.push(event),
    });
    const { id } = await queue.submit(hello, { to: "ada" });
    expect((await queue.status(id)).status).toBe("pending");
    expect(events).toEqual(["submit", "wake_failed"]);
  });
});

describe("defining one", () => {
  test("reads no setting and connects to nothing: a build step may import it", async () => {
    const queue = defineQueue({ tasks: [hello] });
    const { result, lines } = await logged(() => queue.stats().catch((error: WakeqError) => error));
    expect(result).toMatchObject({ code: "not_configured", detail: expect.stringMatching(/REDIS_REST_URL: expected/) });
    expect(JSON.stringify(lines)).toMatch(/UPSTASH_REDIS_REST_URL: expected/);
  });

  test("takes the database that Vercel names, too", async () => {
    vi.stubEnv("KV_REST_API_URL", redis.local.url);
    vi.stubEnv("KV_REST_API_TOKEN", redis.local.token);
    const queue = defineQueue({ tasks: [hello], prefix: redis.queue().prefix, log: "silent" });
    expect((await queue.stats()).scheduled).toBe(0);
  });

  test("takes a client of @upstash/redis", async () => {
    const { Redis } = await import("@upstash/redis");
    const queue = queueOf({ redis: new Redis(database()) });
    expect((await queue.run("hello", { to: "ada" })).result).toEqual({ said: "hello ada" });
  });

  test("names every option that is wrong in one error", () => {
    const options = {
      tasks: [hello],
      prefix: "a b",
      concurrency: 0,
      retention: { jobs: -1 },
      basePath: "queue/",
      speed: 9,
    };
    const wrong = () => defineQueue(options as never);
    expect(wrong).toThrow(ConfigError);
    for (const name of ["prefix", "concurrency", "retention.jobs", "basePath", "speed"])
      expect(wrong).toThrow(new RegExp(`^ {2}${name.replace(".", "\\.")}: `, "m"));
  });

  test.each<[string, object, RegExp]>([
    ["keys and authorize", { apiKeys: ["a"], authorize: () => null }, /apiKeys, authorize: expected one of them/],
    ["tasks that are no list", { tasks: hello }, /tasks: expected a list/],
    ["two tasks of one name", { tasks: [hello, hello] }, /two tasks are named hello/],
    ["a client that is none", { redis: {} }, /redis: expected \{ url, token \}, both set, or a client/],
    ["an address as a text", { redis: "https://x.example" }, /redis: expected \{ url, token \}/],
    ["an address whose variables are missing", { redis: { url: undefined, token: undefined } }, /redis: expected/],
    ["a logger that is no function", { log: { info: () => {} } }, /log: expected a level or a function/],
    ["a wake that is no function", { wake: true }, /wake: expected a function/],
    ["an authorize that is no function", { authorize: "admin" }, /authorize: expected a function/],
    ["a retention that is no object", { retention: 5 }, /retention: expected an object/],
    ["keys that are no list", { apiKeys: "a" }, /apiKeys: expected a list/],
    ["a base path that is no text", { basePath: 7 }, /basePath: expected a path/],
  ])("refuses %s", (_, options, message) => {
    expect(() => defineQueue({ tasks: [hello], ...options } as never)).toThrow(message);
  });
});

describe("the API of a queue", () => {
  const request = (path: string, init: RequestInit = {}) => new Request(`http://app.example/queue${path}`, init);

  test("is served under its path, and what it answers leads there", async () => {
    const queue = queueOf({
      basePath: "/queue",
      authorize: () => ({ name: "ada", scopes: ["admin"] }),
      wake: () => {},
    });
    const body = JSON.stringify({ task: "hello", payload: { to: "ada" } });
    const accepted = await queue.fetch(request("/submit-job", { method: "POST", body }));
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get("location")!;
    expect(location).toMatch(/^\/queue\/job-status\//);
    const status = await queue.fetch(new Request(`http://app.example${location}`));
    expect(await status.json()).toMatchObject({ status: "pending", task: "hello" });
    const nowhere = await queue.fetch(request("/nowhere"));
    expect(await nowhere.json()).toMatchObject({ type: "/queue/problems/route_not_found", instance: "/queue/nowhere" });
  });

  test.each<[string, NonNullable<QueueOptions["authorize"]>, number]>([
    ["nobody", () => null, 401],
    ["a reader", async () => ({ name: "reader", scopes: ["read"] }), 403],
    ["one who may submit", ({ headers }) => ({ name: headers["x-user"]!, scopes: ["submit"] }), 202],
  ])("admits whom the application's authorize admits: %s", async (_, authorize, status) => {
    const queue = queueOf({ authorize, wake: () => {} });
    const body = JSON.stringify({ task: "hello", payload: { to: "ada" } });
    const sent = new Request("http://app.example/submit-job", { method: "POST", body, headers: { "x-user": "ada" } });
    expect((await queue.fetch(sent)).status).toBe(status);
  });

  test("serves nobody without keys and without authorize", async () => {
    const answer = await queueOf().fetch(new Request("http://app.example/jobs"));
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "not_configured" });
  });
});
