import fc from "fast-check";
import { expect, it } from "vitest";
import { job, useRedis } from "../support/redis.ts";
import { claim, completed, extend, failed, running, settle } from "../support/verbs.ts";

const redis = useRedis();

/** Text that looks like a record's own, or that a parser trips over. */
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

/** JSON that a decoder would not give back as it was. */
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

it("payloads and results come back byte for byte", async () => {
  const { queue, store } = redis.queue();
  const jobs = JSONS.map((payload) => job({ payload }));
  await queue.submit(jobs);
  const claimed = await claim(queue, { count: jobs.length });
  expect(claimed.jobs.map((each) => each.payload)).toEqual(JSONS);
  expect(claimed.jobs.map((each) => each.job.payload_bytes)).toEqual(JSONS.map((each) => Buffer.byteLength(each)));
  await settle(queue, ...jobs.map((each, i) => completed(each, JSONS.at(-1 - i))));
  for (const [i, each] of jobs.entries()) expect((await queue.status(each.id))?.result).toBe(JSONS.at(-1 - i));
  const { payloads, results } = await store.all();
  expect(Object.values(payloads!).sort()).toEqual([...JSONS].sort());
  expect(Object.values(results!).sort()).toEqual([...JSONS].sort());
});

it.each(TEXTS)("whatever task, error and note say (%j), each change leaves them and the rest alone", async (text) => {
  const { queue, store } = redis.queue();
  const a = job({ task: text, priority: "low", maxRetries: 30, fingerprint: text, traceparent: text });
  await running(queue, [a, job()]);
  const error = { error: text, message: text };
  for (let i = 1; i <= 13; i++) {
    const token = `w.${i}`;
    await extend(queue, { id: a.id, token, progress: { percent: i, note: text } });
    expect(await store.record(a.id)).toMatchObject({ ...{ status: "processing", token }, progress: i, note: text });
    await settle(queue, { ...{ id: a.id, token, outcome: "retry", delayMs: 0 }, ...error });
    await claim(queue, { token: `w.${i + 1}` });
  }
  await queue.cancel(a.id);
  await queue.redrive(a.id, "r1");
  const { job: now } = (await queue.status(a.id))!;
  const { attempts, ...rest } = now;
  expect(rest).toEqual({
    ...{ status: "pending", retries: 0, redrive: "r1", run_at: redis.clock.now, created_at: a.createdAt },
    ...{ job_id: a.id, task: text, priority: "low", max_retries: 30, fingerprint: text, traceparent: text },
  });
  expect(attempts!.map(({ attempt }) => attempt)).toEqual([1, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  for (const each of attempts!.slice(0, -1)) expect(each).toMatchObject({ outcome: "failed", ...error });
});

it("any text at all survives a job's life", async () => {
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
        ...{ status: "failed", task, note: message, attempts: [{ error, message }] },
      });
    }),
    { numRuns: 40, seed: 4 },
  );
});

it("an error's name and message are cut, and a half character stays readable", async () => {
  const { queue } = redis.queue();
  const a = job();
  await running(queue, [a]);
  const boom = { error: "😀".repeat(500), message: `x${"😀".repeat(20_000)}` };
  await settle(queue, { ...{ id: a.id, token: "w.1", outcome: "failed" }, ...boom });
  const { attempts } = (await queue.status(a.id))!.job;
  expect(attempts).toMatchObject([{ error: "😀".repeat(100), message: `x${"😀".repeat(4_999)}\ud83d` }]);
});

it("an error whose name and message are no text is told as text", async () => {
  const { queue } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, { ...failed(a), error: 42, message: undefined } as never);
  expect((await queue.status(a.id))?.job.attempts).toMatchObject([{ error: "42", message: "undefined" }]);
});
