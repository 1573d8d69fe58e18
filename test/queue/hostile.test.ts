import fc from "fast-check";
import { expect, test } from "vitest";
import type { Ending } from "../../lib/queue/worker-queue.ts";
import { INLINE_BYTES, job, type StoredRecord, useRedis } from "../support/redis.ts";
import { claim, completed, extend, failed, running, settle } from "../support/verbs.ts";

const redis = useRedis();

/** Text that looks like part of a record, or that a parser might stumble over. */
const TEXTS = [
  '"job_id":',
  '","job_id":"x"',
  '"},{"attempt":9,"outcome":"',
  ',"attempts":[',
  "]}",
  "}",
  '"retries":9,"token":"v.1",',
  '{"status":"completed","retries":0,',
  '"priority":"high","max_retries":0,"payload_bytes":0',
  "\\",
  '\\"',
  "\\\\",
  "\0",
  "\n\r\t\u2028\u2029",
  "%d %s %1 %%",
  "😀 ü ﷺ \u200b\ufeff",
  "\ud800",
  "\udc00\ud800",
  "__proto__",
  "",
];

/** JSON that a decoder would not return unchanged. */
const JSONS = [
  ...TEXTS.map((text) => JSON.stringify(text)),
  ...TEXTS.map((text) => JSON.stringify({ [text]: [text] })),
  '"\\ud800"',
  '"\\u0000\\uD83D\\uDE00\\/"',
  "12345678901234567890.123456789012345678",
  "1e400",
  "-0",
  "0.10",
  "[]",
  "{}",
  '{"a":[],"a":{}}',
  " [ 1 ,\t2\n] ",
  "null",
  "false",
  "[".repeat(5_000) + "]".repeat(5_000),
];

test("payloads and results come back byte for byte", async () => {
  const { queue, store } = redis.queue();
  const jobs = JSONS.map((payload) => job({ payload }));
  await queue.submit(jobs);
  const claimed = await claim(queue, { count: jobs.length });
  expect(claimed.jobs.map((each) => each.payload)).toEqual(JSONS);
  expect(claimed.jobs.map((each) => each.job.payloadBytes)).toEqual(JSONS.map((each) => Buffer.byteLength(each)));
  await settle(queue, ...jobs.map((each, i) => completed(each, JSONS.at(-1 - i))));
  for (const [i, each] of jobs.entries()) expect((await queue.status(each.id))?.result).toBe(JSONS.at(-1 - i));
  const { payloads, records, results } = await store.all();
  const inline = Object.values(records as Record<string, StoredRecord>).flatMap(({ payload }) => payload ?? []);
  expect(Object.values(payloads!)).toEqual(JSONS.filter((each) => Buffer.byteLength(each) > INLINE_BYTES));
  expect([...inline, ...Object.values(payloads!)].sort()).toEqual([...JSONS].sort());
  expect(Object.values(results!).sort()).toEqual([...JSONS].sort());
});

test.each(TEXTS)(
  "whatever a task's name, an error and a note contain (%j), no change alters them or anything else",
  async (text) => {
    const { queue, store } = redis.queue();
    const payload = JSON.stringify({ [text]: text });
    const a = job({ task: text, priority: "low", maxRetries: 30, fingerprint: text, traceparent: text, payload });
    await running(queue, [a, job()]);
    const error = { error: text, message: text };
    const kept = { error: text, message: firstLineOf(text) };
    for (let i = 1; i <= 13; i++) {
      const token = `w.${i}`;
      await extend(queue, { id: a.id, token, progress: { percent: i, note: text } });
      expect(await store.record(a.id)).toMatchObject({ status: "processing", token, progress: i, note: text });
      await settle(queue, { id: a.id, token, outcome: "retry", delayMs: 0, ...error });
      await claim(queue, { token: `w.${i + 1}` });
    }
    await queue.cancel(a.id);
    await extend(queue, { id: a.id, token: "w.14" });
    await queue.redrive(a.id, "r1");
    const found = (await queue.status(a.id))!;
    const { attempts, ...rest } = found.job;
    expect(rest).toEqual({
      status: "pending",
      retries: 0,
      redrive: "r1",
      runAt: redis.clock.now,
      createdAt: a.createdAt,
      id: a.id,
      task: text,
      priority: "low",
      maxRetries: 30,
      fingerprint: text,
      traceparent: text,
      payloadBytes: Buffer.byteLength(payload),
    });
    expect(found.payload).toBe(payload);
    expect(JSON.parse(found.error!)).toEqual({ name: text, message: text });
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    for (const each of attempts.slice(0, -1)) expect(each).toMatchObject({ outcome: "failed", ...kept });
  },
);

test("any text survives the whole life of a job", async () => {
  const text = fc.string({ unit: "binary", maxLength: 50, size: "max" });
  const hostile = fc.oneof(
    text,
    fc.constantFrom(...TEXTS),
    fc.tuple(text, fc.constantFrom(...TEXTS)).map(([a, b]) => a + b),
  );
  const { queue } = redis.queue();
  await fc.assert(
    fc.asyncProperty(hostile, hostile, hostile, fc.json(), async (task, error, message, payload) => {
      const a = job({ task, payload });
      await queue.submit([a]);
      const { token, payload: handedOut } = (await claim(queue, { token: `w.${a.id}` })).jobs[0]!;
      expect(handedOut).toBe(payload);
      await extend(queue, { id: a.id, token, progress: { percent: 1, note: message } });
      await settle(queue, { id: a.id, token, outcome: "failed", error, message });
      expect((await queue.status(a.id))?.job).toMatchObject({
        status: "failed",
        task,
        note: message,
        attempts: [{ error, message: firstLineOf(message) }],
      });
    }),
    { numRuns: 40, seed: 4 },
  );
});

const face = "😀";

test.each([
  { message: `x${face.repeat(300)}`, line: `x${face.repeat(249)}` },
  { message: face.repeat(300), line: face.repeat(250) },
  { message: "x".repeat(501), line: "x".repeat(500) },
  { message: "one\ntwo", line: "one" },
  { message: "one\r\ntwo", line: "one" },
  { message: "\n\n  Invalid call:\nhere", line: "Invalid call:" },
  { message: `${" ".repeat(100_000)}\n`, line: "" },
])("the history keeps the first line of a message, without half characters (%#)", async ({ message, line }) => {
  const { queue } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, { ...failed(a), error: face.repeat(500), message } as Ending);
  const { attempts } = (await queue.status(a.id))!.job;
  expect(attempts).toMatchObject([{ error: face.repeat(100), message: line }]);
});

test.each(["x", face, "\0", '"'])("an error that consists of many %j is kept up to 16 KB", async (character) => {
  const { queue } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, { ...failed(a), message: character.repeat(50_000) } as Ending);
  const { error, firstError } = (await queue.status(a.id))!;
  expect(firstError).toBe(error);
  const bytes = Buffer.byteLength(error!);
  expect(bytes).toBeLessThanOrEqual(16_384);
  expect(bytes).toBeGreaterThan(12_000);
  const { name, message } = JSON.parse(error!);
  expect({ name, message }).toEqual({ name: "Boom", message: character.repeat(message.length / character.length) });
});

test("an error whose name and message are not text is stored as text", async () => {
  const { queue } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, { ...failed(a), error: 42, message: undefined } as never);
  expect((await queue.status(a.id))?.job.attempts).toMatchObject([{ error: "42", message: "undefined" }]);
});

function firstLineOf(text: string): string {
  return text.trimStart().split("\n")[0]!.split("\r")[0]!;
}
