import { expect, test } from "vitest";
import * as z from "zod/mini";
import { defineTask } from "../../lib/tasks.ts";
import { job } from "../support/redis.ts";
import { gate, summary, until, useWorkers } from "../support/worker.ts";
import { attempt } from "./attempt.ts";

const workers = useWorkers();

test("a payload that no longer fits its task fails the attempt, and the message names the fields", async () => {
  const strict = defineTask({ name: "tried", input: z.strictObject({ to: z.string() }), run: () => undefined });
  const ended = await attempt(workers, strict, { payload: '{"from":"me"}' });
  expect(ended).toMatchObject({ status: "pending", retries: 1 });
  expect(ended.attempts[0]?.message).toBe(
    "the payload does not fit the task: /to: required: string; /from: there is no such field",
  );
});

test("a job that is cancelled while its schema reads the payload does not run", async () => {
  const { client, worker, job: found } = workers.queue({ leaseMs: 300 });
  const [asked, answer] = [gate(), gate<boolean>()];
  let runs = 0;
  const read = () => {
    asked.open();
    return answer.opened;
  };
  const slow = defineTask({
    name: "slow",
    input: z.object({ to: z.string().check(z.refine(read)) }),
    run: () => ++runs,
  });
  const a = job({ task: "slow", payload: '{"to":"me"}' });
  await client.submit([a]);
  const w = worker([slow]);
  const drained = w.drain();
  await asked.opened;
  await client.cancel(a.id);
  await until(() => w.lines.some(({ event }) => event === "cancelled"));
  answer.open(true);
  expect(await drained).toEqual(summary({ claimed: 1, cancelled: 1 }));
  expect(await found(a.id)).toMatchObject({ status: "cancelled" });
  expect(runs).toBe(0);
});

test("a payload that is no JSON fails the attempt", async () => {
  const ended = await attempt(workers, () => undefined, { payload: "{" });
  expect(ended).toMatchObject({ status: "pending", attempts: [{ error: "SyntaxError" }] });
});

test.each<[string, unknown, unknown]>([
  ["nothing", undefined, undefined],
  ["a lone surrogate", "\ud800", "\ud800"],
  ["a promise", Promise.resolve({ n: 1 }), { n: 1 }],
])("an attempt that returns %s completes with it", async (_, value, result) => {
  const ended = await attempt(workers, () => value);
  expect(ended).toMatchObject({ status: "completed" });
  expect(ended.result).toEqual(result);
});

test.each<[string, unknown, RegExp]>([
  ["a bigint", 1n, /JSON cannot hold its result: result: a bigint is not JSON/],
  ["10 MB", "x".repeat(10_000_000), /its result has 10000002 bytes, more than 262144/],
])("an attempt that returns %s fails for good, and its history says why", async (_, value, message) => {
  const ended = await attempt(workers, () => value);
  expect(ended).toMatchObject({
    status: "failed",
    retries: 0,
    attempts: [{ outcome: "failed", error: "NonRetriableError" }],
  });
  expect(ended.attempts[0]?.message).toMatch(message);
});

test("a result of exactly 256 KiB is kept", async () => {
  const ended = await attempt(workers, () => "x".repeat(256 * 1024 - 2));
  expect(ended).toMatchObject({ status: "completed" });
});

const trapped = new Proxy(
  {},
  {
    getPrototypeOf() {
      throw new Error("a trap");
    },
  },
);
test.each<[string, unknown, string, RegExp]>([
  ["an object", { code: 7 }, "NonError", /^\{"code":7\}$/],
  ["a proxy that throws at every look", trapped, "NonError", /^\{\}$|cannot be read/],
  ["an error that says 100,000 characters", new Error("é ".repeat(50_000)), "Error", /^(é ){250}$/],
])("an attempt that throws %s fails, and its history says why", async (_, thrown, error, message) => {
  const ended = await attempt(workers, () => {
    throw thrown;
  });
  expect(ended).toMatchObject({ status: "pending", retries: 1, attempts: [{ outcome: "failed", error }] });
  expect(ended.attempts[0]?.message).toMatch(message);
});
