import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod/mini";
import { defineTask, NonRetriableError, RetryAfterError, SnoozeError } from "../../lib/tasks.ts";
import { note } from "../support/tasks.ts";

/** Fails as often as its payload says, then succeeds. */
const flaky = defineTask({
  name: "flaky",
  input: z.strictObject({ failures: z.int() }),
  run({ input, job }) {
    if (job.attempt <= input.failures) throw new Error(`attempt ${job.attempt} fails`);
    return { attempt: job.attempt };
  },
});
const hopeless = defineTask({
  name: "hopeless",
  input: z.unknown(),
  run() {
    throw new NonRetriableError("no use");
  },
});
const patient = defineTask({
  name: "patient",
  input: z.unknown(),
  run({ job }) {
    if (job.attempt === 1) throw new RetryAfterError(3_600_000, "come back in an hour");
  },
});

let kit: TestKit;
beforeEach(async () => {
  kit = await createTestKit([note, flaky, hopeless, patient]);
});
afterEach(() => kit.close());

test("a task sees the trace that its job was submitted with", async () => {
  const seen: (string | undefined)[] = [];
  const look = defineTask({ name: "look", input: z.unknown(), run: ({ job }) => void seen.push(job.traceparent) });
  const other = await createTestKit([look]);
  await other.submit(look, {}, { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` });
  await other.submit(look, {});
  await other.drain();
  expect(seen).toEqual([expect.stringMatching(/^00-a{32}-(?!b{16})[0-9a-f]{16}-01$/), undefined]);
  await other.close();
});

test("a job runs when the queue is drained", async () => {
  const id = await kit.submit(note, { to: "a@example.com" });
  expect(await kit.job(id)).toMatchObject({ status: "pending", attempts: [] });
  expect(await kit.drain()).toMatchObject({ claimed: 1, completed: 1 });
  expect(await kit.job(id)).toMatchObject({ status: "completed", result: { noted: id, for: "a@example.com" } });
});

test("a failed job runs again when the clock has moved past its backoff", async () => {
  const id = await kit.submit(flaky, { failures: 2 });
  await kit.drain();
  expect(await kit.job(id)).toMatchObject({
    status: "pending",
    retries: 1,
    attempts: [{ outcome: "failed", message: "attempt 1 fails" }],
  });
  await kit.advance("15m");
  expect(await kit.job(id)).toMatchObject({ status: "completed", retries: 2, result: { attempt: 3 } });
});

test("a delayed job runs now, and one that is not wanted any more is forgotten", async () => {
  const [soon, never] = [await kit.submit(note, {}, { delay: "20h" }), await kit.submit(note, {}, { delay: "20h" })];
  await kit.runNow(soon);
  await kit.delete(never);
  expect(await kit.drain()).toMatchObject({ completed: 1 });
  await expect(kit.job(never)).rejects.toThrow("there is no job");
  await kit.runNow(soon); // it has completed: nothing happens
  await kit.delete(never);
});

test("a job fails after three retries", async () => {
  const id = await kit.submit(flaky, { failures: 99 });
  await kit.drain();
  await kit.advance("15m");
  const { status, attempts } = await kit.job(id);
  expect(status).toBe("failed");
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
});

test("NonRetriableError and RetryAfterError are obeyed", async () => {
  const failed = await kit.submit(hopeless);
  const later = await kit.submit(patient);
  await kit.drain();
  expect(await kit.job(failed)).toMatchObject({ status: "failed", retries: 0 });
  await kit.advance("59m");
  expect(await kit.job(later)).toMatchObject({ status: "pending" });
  await kit.advance("1m");
  expect(await kit.job(later)).toMatchObject({ status: "completed" });
});

test("a job can snooze again and again, and spends no attempt until it has snoozed for a day", async () => {
  const busy = defineTask({
    name: "busy",
    input: z.unknown(),
    maxRetries: 0,
    run({ job }) {
      throw new SnoozeError(3_600_000, `busy at attempt ${job.attempt}`);
    },
  });
  const other = await createTestKit([busy]);
  const id = await other.submit(busy);
  await other.advance("23h");
  expect(await other.job(id)).toMatchObject({ status: "pending", retries: 0, snoozedMs: 24 * 3_600_000, attempts: [] });
  await other.advance("1h");
  const message = expect.stringMatching(/maxSnoozeMs allows 86400 s: busy at attempt 1$/);
  expect(await other.job(id)).toMatchObject({ status: "failed", attempts: [{ error: "SnoozeError", message }] });
  await other.close();
});

test.each(["before the run", "after the run"] as const)(
  "a worker that crashes %s leaves a trace, and the job runs again",
  async (when) => {
    const id = await kit.submit(flaky, { failures: 0 });
    await kit.crash(when);
    expect(await kit.job(id)).toMatchObject({ status: "processing" });
    await kit.advance("30s");
    expect(await kit.job(id)).toMatchObject({
      status: "completed",
      attempts: [{ outcome: "lease_expired" }, { outcome: "completed" }],
    });
  },
);

test.each([0, "1ms", "1h"] as const)(
  "a job that is ready runs before the clock moves by %s, as in production",
  async (by) => {
    const begin = kit.now();
    const id = await kit.submit(flaky, { failures: 0 });
    await kit.advance(by);
    expect(await kit.job(id)).toMatchObject({ status: "completed", startedAt: begin, finishedAt: begin });
  },
);
test("a job shows its payload, the log of its newest attempt and its whole errors", async () => {
  const talking = defineTask({
    name: "talking",
    input: z.object({ to: z.string() }),
    maxRetries: 1,
    run({ input, job, log }) {
      log("trying", { attempt: job.attempt });
      throw new RangeError(`no ${input.to}`, { cause: new TypeError(`cause ${job.attempt}`) });
    },
  });
  const own = await createTestKit([talking]);
  const id = await own.submit(talking, { to: "ada" });
  await own.drain();
  await own.advance("1h");
  const { payload, log, attempts } = await own.job(id);
  expect(payload).toEqual({ to: "ada" });
  expect(log).toEqual([{ at: expect.any(Number), message: "trying", fields: { attempt: 2 } }]);
  expect(log![0]!.at).toBeGreaterThanOrEqual(attempts[1]!.startedAt);
  expect(attempts.map(({ detail }) => detail?.cause?.message)).toEqual(["cause 1", "cause 2"]);
  await own.close();
});

test("a delayed job runs when it is due, and jobs of higher priority run first", async () => {
  const begin = kit.now();
  const late = await kit.submit(flaky, { failures: 0 }, { delay: "2h" });
  await kit.advance("3h");
  expect((await kit.job(late)).startedAt).toBe(begin + 2 * 3_600_000);
  expect(kit.now()).toBe(begin + 3 * 3_600_000);
});

test("a cancelled job does not run", async () => {
  const id = await kit.submit(flaky, { failures: 0 });
  await kit.cancel(id);
  expect(await kit.drain()).toMatchObject({ claimed: 0 });
  expect(await kit.job(id)).toMatchObject({ status: "cancelled" });
});

test("the refusal of a wrong payload, a foreign task or an unknown job names it", async () => {
  await expect(kit.submit(flaky, { failures: "many" } as never)).rejects.toThrow(
    "/payload/failures: expected number, received string",
  );
  const foreign = defineTask({ name: "foreign", input: z.unknown(), run: () => 1 });
  await expect(kit.submit(foreign)).rejects.toMatchObject({ code: "unknown_task" });
  await expect(kit.job("00000000-0000-4000-8000-000000000000")).rejects.toThrow("there is no job");
  await expect(kit.advance("soon" as never)).rejects.toThrow("not a duration: soon");
});

test("the README's test of a task is the one in this folder", () => {
  const tested = readFileSync(join(import.meta.dirname, "readme.test.ts"), "utf8");
  const shown = tested.replace('"../../lib/tasks.ts"', '"wakeq"');
  expect(readFileSync(join(import.meta.dirname, "../../README.md"), "utf8")).toContain(shown);
});
