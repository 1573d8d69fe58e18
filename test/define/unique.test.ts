import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask, type Task } from "../../lib/index.ts";
import { useRedis } from "../support/redis.ts";
import { logged } from "../support/stderr.ts";

const redis = useRedis();

const report = defineTask({
  name: "report",
  input: z.object({ customer: z.string(), page: z.number().default(1) }),
  unique: ({ customer, page }) => (customer === "" ? undefined : `${customer} ${page}`),
  run: ({ input }) => input.customer,
});
const started = defineTask({
  name: "started",
  input: z.object({ key: z.string() }),
  unique: ({ key }) => ({ key, until: "started" }),
  run: () => "done",
});
const plain = defineTask({ name: "plain", input: z.unknown(), run: () => "done" });

beforeEach(() => {
  vi.stubEnv("WORKER_FUNCTION_NAME", "");
  vi.stubEnv("UPSTASH_REDIS_REST_URL", "");
  vi.stubEnv("UPSTASH_REDIS_REST_TOKEN", "");
});
afterEach(() => void vi.unstubAllEnvs());

function queueOf<const Tasks extends readonly Task[]>(tasks: Tasks, log: "silent" | "info" = "silent") {
  const { prefix } = redis.queue();
  const { url, token } = redis.local;
  return defineQueue({ tasks, redis: { url, token }, prefix, log, wake: async () => {} });
}

test("a task makes the key of its input, as its schema reads it", async () => {
  const queue = queueOf([report, plain]);
  const first = await queue.submit(report, { customer: "ada" });
  expect(first).toEqual({ id: expect.any(String), replayed: false, uniqueConflict: false });
  expect(await queue.submit(report, { customer: "ada", page: 1 })).toEqual({ ...first, uniqueConflict: true });
  expect((await queue.submit(report, { customer: "ada", page: 2 })).uniqueConflict).toBe(false);
  for (let i = 0; i < 2; i++) expect((await queue.submit(report, { customer: "" })).uniqueConflict).toBe(false);
  expectTypeOf(first.uniqueConflict).toEqualTypeOf<boolean>();
});

test("a submit's own key counts before the task's", async () => {
  const queue = queueOf([report]);
  await queue.submit(report, { customer: "ada" });
  const more = { unique: { key: "mine", until: 3_600 } };
  const mine = await queue.submit(report, { customer: "ada" }, more);
  expect(mine.uniqueConflict).toBe(false);
  expect(await queue.submit(report, { customer: "bob" }, more)).toEqual({ ...mine, uniqueConflict: true });
  expect((await queue.status(mine.id)).unique).toBe("time");
});

test("submitMany says which jobs conflicted, and run waits for the job that holds the key", async () => {
  const queue = queueOf([report, plain]);
  const job = (customer: string) => ({ task: report, payload: { customer } });
  const first = await queue.submit(report, { customer: "ada" });
  const many = await queue.submitMany([job("ada"), job("bob"), { task: plain, payload: 1 }, job("bob")]);
  expect(many).toEqual({ ids: expect.any(Array), replayed: false, uniqueConflicts: [0, 3] });
  expect([many.ids[0], many.ids[3]]).toEqual([first.id, many.ids[1]]);
  const running = queue.run(report, { customer: "ada" });
  await queue.drain();
  expect(await running).toMatchObject({ jobId: first.id, status: "completed", result: "ada" });
  expect((await queue.submitMany([job("ada")])).uniqueConflicts).toEqual([]);
});

test.each([
  { made: 17, says: "expected object, received number" },
  { made: null, says: "expected object, received null" },
  { made: "", says: "at /key: Too small" },
  { made: "x".repeat(513), says: "at /key: Too big" },
  { made: { key: "k", until: 0 }, says: "at /until: Too small" },
  { made: { key: "k", until: Number.NaN }, says: 'at /until: expected "started"' },
  { made: { key: "k", until: "later" }, says: 'at /until: expected "started", "finished", or seconds' },
  { made: "a promise", says: "got a promise; `unique` must be synchronous" },
])("a task whose unique returns $made refuses the payload, and says why", async ({ made, says }) => {
  const wrong = defineTask({
    name: "wrong",
    input: z.unknown(),
    unique: () => (made === "a promise" ? Promise.reject(new Error("nobody hears it")) : made) as never,
    run: () => 1,
  });
  const error = await queueOf([wrong])
    .submit(wrong, {})
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "invalid_request", errors: [{ pointer: "/payload" }] });
  expect(String(error)).toContain("unique of the task wrong must return a key, { key, until } or undefined");
  expect(String(error)).toContain(says);
});

test("what a task's unique throws is logged, not told", async () => {
  const throws = defineTask({
    name: "throws",
    input: z.unknown(),
    unique() {
      throw new TypeError("a secret");
    },
    run: () => 1,
  });
  const queue = queueOf([throws], "info");
  const { result: error, lines } = await logged(() => queue.submit(throws, {}).catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({
    code: "invalid_request",
    errors: [{ detail: "the task's `unique` function threw an error for this payload" }],
  });
  expect(lines).toContainEqual(
    expect.objectContaining({ event: "schema_threw", task: "throws", name: "TypeError", message: "a secret" }),
  );
});

test("a unique that is no function is refused when the queue is defined", () => {
  const wrong = { ...plain, unique: "key" } as unknown as typeof plain;
  expect(() => queueOf([wrong])).toThrow("plain: unique must be a function of the input that returns a key");
});

test("a conflict is logged with the id of the job that holds the key, and without the key", async () => {
  const queue = queueOf([report], "info");
  const { result: first, lines } = await logged(async () => {
    const { id } = await queue.submit(report, { customer: "ada" });
    await queue.submit(report, { customer: "ada" });
    return id;
  });
  expect(lines.filter(({ event }) => event === "submit")).toHaveLength(1);
  const [told] = lines.filter(({ event }) => event === "unique_conflict");
  expect(told).toMatchObject({ level: "info", job_id: first, task: "report" });
  expect(JSON.stringify(told)).not.toContain("ada");
});

test("the kit knows unique keys, and its clock does not wait for those that are held until their jobs start", async () => {
  const kit = await createTestKit([report, started, plain]);
  const first = await kit.submit(started, { key: "a" }, { delay: "30d" });
  expect(await kit.submit(started, { key: "a" })).toBe(first);
  await kit.advance("31d");
  expect(await kit.submit(started, { key: "a" })).not.toBe(first);
  const one = await kit.submit(plain, 1, { unique: { key: "k", until: 60 } });
  await kit.drain();
  expect(await kit.submit(plain, 2, { unique: { key: "k" } })).toBe(one);
  await kit.advance("2m");
  expect(await kit.submit(plain, 3, { unique: { key: "k" } })).not.toBe(one);
  await kit.close();
});
