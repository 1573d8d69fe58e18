import { expect, test } from "vitest";
import type { OtlpSpan } from "../../lib/observability/otlp.ts";
import type { Task } from "../../lib/tasks.ts";
import type { DrainParts } from "../../lib/worker/drain.ts";
import { DrainSpans } from "../../lib/worker/spans.ts";
import { job } from "../support/redis.ts";
import { task, useWorkers } from "../support/worker.ts";

const workers = useWorkers();

/** Runs a job to its end. Returns the job, everything stored about it and its log lines. */
async function run(made: Task, maxRetries = 0, more: Partial<DrainParts> = {}) {
  const { client, worker } = workers.queue();
  const a = job({ task: made.name, maxRetries });
  await client.submit([a]);
  const w = worker([made], more);
  await w.drain();
  const { job: ended, error = "{}", firstError = "{}", log = "[]" } = (await client.status(a.id))!;
  const parsed = { error: JSON.parse(error), firstError: JSON.parse(firstError), log: JSON.parse(log) };
  return { id: a.id, ended, ...parsed, lines: w.lines, text: JSON.stringify(w.lines) };
}

const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
const failing = task("failing", ({ job: { attempt } }) => {
  const cause = attempt === 1 ? new AggregateError([refused], "no way") : new TypeError("something else");
  throw new RangeError(`attempt ${attempt}\nand more`, { cause });
});

test("the newest and the first error of a job are kept whole, the others with their name and first line", async () => {
  const { error, firstError, ended } = await run(failing, 2);
  const stack = expect.stringMatching(/^ +at .*seen\.test\.ts:\d+:\d+/);
  expect(firstError).toMatchObject({
    name: "RangeError",
    message: "attempt 1\nand more",
    stack,
    cause: { name: "AggregateError", message: "no way", errors: [{ message: refused.message, code: refused.code }] },
  });
  expect(error).toMatchObject({
    name: "RangeError",
    message: "attempt 3\nand more",
    stack,
    cause: { name: "TypeError", message: "something else", stack },
  });
  const brief = [1, 2, 3].map((n) => expect.objectContaining({ error: "RangeError", message: `attempt ${n}` }));
  expect(ended.attempts).toEqual(brief);
});

test("the log line of a failed attempt has the stack and the causes, in one field of at most 4 KB", async () => {
  const { lines } = await run(failing, 1);
  for (const event of ["retry", "failed"]) {
    const line = lines.find((each) => each.event === event)!;
    expect(line).toMatchObject({ error: "RangeError", message: expect.stringMatching(/^attempt \d\nand more$/) });
    expect(line.stack).toMatch(/^RangeError: attempt [\s\S]*\n +at .*seen\.test\.ts[\s\S]*\n {2}\[cause\] \w+Error: /);
    expect(Buffer.byteLength(String(line.stack))).toBeLessThanOrEqual(4 * 1024);
  }
});

test("what a task logs goes to the log with its job's id, and is kept in the job", async () => {
  const talking = task("talking", ({ log, job: { attempt } }) => {
    log(`attempt ${attempt} begins`);
    log("with fields", { attempt, big: 10n, level: "mine" });
    if (attempt === 1) throw new Error("once");
    return "done";
  });
  const { id, lines, log, ended } = await run(talking, 1);
  const said = (attempt: number) => {
    const common = { level: "info", event: "task_log", job_id: id, task: "talking", attempt };
    return [
      { ...common, message: `attempt ${attempt} begins` },
      { ...common, message: "with fields", fields: { attempt, big: "10", level: "mine" } },
    ];
  };
  expect(lines.filter(({ event }) => event === "task_log")).toEqual([...said(1), ...said(2)]);
  expect(log).toEqual([
    { at: expect.any(Number), message: "attempt 2 begins" },
    { at: expect.any(Number), message: "with fields", fields: { attempt: 2, big: "10", level: "mine" } },
  ]);
  expect(log[0].at).toBeGreaterThanOrEqual(ended.startedAt!);
  expect(log[1].at).toBeLessThanOrEqual(ended.finishedAt! + 1);
});

test("lines of an attempt that fails or takes too long are kept, too, but not those that it logs after its end", async () => {
  let late = (_: string) => {};
  const slow = task(
    "slow",
    ({ log }) => {
      late = log;
      log("before the end");
      return new Promise(() => {});
    },
    { timeoutMs: 30 },
  );
  const { log, error } = await run(slow);
  late("after it");
  expect(log).toEqual([{ at: expect.any(Number), message: "before the end" }]);
  expect(error).toMatchObject({ name: "Timeout", message: "no end after 30 ms" });
});

/** Node attaches the run to everything that it starts: its job, with payload and token. */
test.each<[string, () => unknown]>([
  ["a promise", () => Promise.resolve(1)],
  ["a map of promises", () => new Map([[1, Promise.resolve(1)]])],
  ["a timer", () => setTimeout(() => {}, 1).unref()],
  ["an immediate", () => setImmediate(() => {})],
  ["a function with a timer", () => Object.assign(() => {}, { timer: setTimeout(() => {}, 1).unref() })],
])("%s that is thrown reveals nothing of the job's payload and token", async (_, make) => {
  const { client, worker } = workers.queue();
  const thrower = task("thrower", async ({ log }) => {
    log(make() as string, { made: make() });
    throw make();
  });
  const a = job({ task: "thrower", maxRetries: 0, payload: '"sesame"' });
  await client.submit([a]);
  const w = worker([thrower]);
  await w.drain();
  const { payload: __, job: ended, ...kept } = (await client.status(a.id))!;
  expect(ended).toMatchObject({ status: "failed", attempts: [{ error: "NonError" }] });
  for (const said of [kept, ended.attempts, w.lines]) {
    expect(JSON.stringify(said)).not.toContain("sesame");
    expect(JSON.stringify(said)).not.toContain(ended.token!);
  }
});

test("nothing that a sensitive task gets, logs, throws or returns is in the log or a span", async () => {
  const secret: Task = {
    ...task("secret", ({ log, job: { attempt } }) => {
      log("sesame", { open: "sesame" });
      if (attempt === 1) throw new RangeError("sesame", { cause: new Error("sesame") });
      return "sesame";
    }),
    sensitive: true,
  };
  const spans: OtlpSpan[] = [];
  const exported = async (some: readonly OtlpSpan[]) => void spans.push(...some);
  const observer = new DrainSpans(exported, "w", () => undefined);
  const { text, lines, ended, log, firstError } = await run(secret, 1, { observers: [observer], traced: true });
  await observer.finish(1_000);
  expect(spans.map(({ name }) => name)).toEqual(["submit secret", "run secret", "run secret"]);
  expect(JSON.stringify(spans)).not.toContain("sesame");
  expect(text).not.toContain("sesame");
  expect(lines.find(({ event }) => event === "retry")).toMatchObject({ error: "RangeError" });
  expect(ended).toMatchObject({ status: "completed", attempts: [{ message: "sesame" }, {}] });
  expect([log[0].message, firstError.message, firstError.cause.message]).toEqual(["sesame", "sesame", "sesame"]);
});
