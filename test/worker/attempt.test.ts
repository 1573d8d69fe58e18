import { expect, it, test } from "vitest";
import * as z from "zod/mini";
import type { NewJob } from "../../lib/queue/job.ts";
import { defineTask, NonRetriableError, RetryAfterError, SnoozeError, type Task } from "../../lib/tasks.ts";
import { job } from "../support/redis.ts";
import { gate, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const HOUR = 3_600_000;
const echo = task("echo", ({ input }) => input);

/** Run a job once, beside a neighbour that must complete whatever becomes of the job. */
async function attempt(run: Task["run"] | Task, more: Partial<NewJob> = {}) {
  const { client, worker, job: read } = workers.queue({ lingerMs: 0 });
  const later = { baseMs: HOUR, factor: 1, maxMs: HOUR };
  const tried = typeof run === "function" ? task("tried", run, { backoff: later }) : run;
  const [a, neighbour] = [job({ task: "tried", ...more }), job({ task: "echo" })];
  await client.submit([a, neighbour]);
  const w = worker([tried, echo]);
  const done = await w.drain();
  expect(await read(neighbour.id)).toMatchObject({ status: "completed" });
  return { done, lines: w.lines, ...(await read(a.id)) };
}

it("NonRetriableError fails the job at once", async () => {
  const ended = await attempt(() => {
    throw new NonRetriableError("no such recipient");
  });
  expect(ended).toMatchObject({
    ...{ status: "failed", retries: 0 },
    attempts: [{ outcome: "failed", error: "NonRetriableError", message: "no such recipient" }],
  });
});

it("RetryAfterError decides when the job is tried again", async () => {
  const ended = await attempt(() => {
    throw new RetryAfterError(HOUR / 2, "busy until noon");
  });
  expect(ended).toMatchObject({ status: "pending", retries: 1, attempts: [{ error: "RetryAfterError" }] });
  expect(ended.runAt! - ended.attempts[0]!.endedAt).toBe(HOUR / 2);
});

it("RetryAfterError grants no retry that the job does not have", async () => {
  const ended = await attempt(
    () => {
      throw new RetryAfterError(1, "soon");
    },
    { maxRetries: 0 },
  );
  expect(ended).toMatchObject({ status: "failed", retries: 0 });
});

it("SnoozeError lets the job run later, spends no attempt, and the log says why", async () => {
  const { done, lines, ...ended } = await attempt(
    () => {
      throw new SnoozeError(HOUR / 2, "busy until noon");
    },
    { maxRetries: 0 },
  );
  expect(done).toEqual(summary({ claimed: 2, completed: 1, released: 1 }));
  expect(ended).toMatchObject({ status: "pending", retries: 0, snoozedMs: HOUR / 2, attempts: [] });
  const told = { level: "info", task: "tried", attempt: 1, delay_ms: HOUR / 2, message: "busy until noon" };
  expect(lines.filter(({ event }) => event === "snoozed")).toEqual([expect.objectContaining(told)]);
});

it("a snooze of a second is waited for, and a task that snoozes for ever fails when its time is over", async () => {
  const { client, worker, job: read } = workers.queue();
  const seen: number[] = [];
  const sleepy = task(
    "sleepy",
    ({ job: { attempt } }) => {
      seen.push(attempt);
      throw new SnoozeError(0, "not yet");
    },
    { maxSnoozeMs: 2_000 },
  );
  const a = job({ task: "sleepy", maxRetries: 1 });
  await client.submit([a]);
  expect(await worker([sleepy]).drain()).toEqual(summary({ claimed: 4, released: 2, retried: 1, failed: 1 }));
  expect(seen).toEqual([1, 1, 1, 2]);
  const error = {
    error: "SnoozeError",
    message: expect.stringMatching(/after 2 s in all, and maxSnoozeMs allows 2 s/),
  };
  expect(await read(a.id)).toMatchObject({ status: "failed", snoozedMs: 2_000, attempts: [error, error] });
});

it.each([
  ["not a number", Number.NaN],
  ["negative", -5],
])("a wait that is %s is none", async (_, wait) => {
  const { client, worker } = workers.queue();
  const odd = task("odd", ({ job: { attempt } }) => {
    if (attempt === 1) throw new RetryAfterError(wait, "odd");
  });
  await client.submit([job({ task: "odd" })]);
  expect(await worker([odd]).drain()).toEqual(summary({ claimed: 2, retried: 1, completed: 1 }));
});

it("the backoff of a failed attempt is the task's own, with jitter", async () => {
  const ended = await attempt(() => {
    throw new Error("no");
  });
  const wait = ended.runAt! - ended.attempts[0]!.endedAt;
  expect(wait).toBeGreaterThanOrEqual(HOUR / 2);
  expect(wait).toBeLessThanOrEqual(HOUR);
});

it("the backoff grows with each failure", async () => {
  const { client, worker, job: read } = workers.queue();
  const broken = task(
    "broken",
    () => {
      throw new Error("no");
    },
    { backoff: { baseMs: 1, factor: HOUR, maxMs: HOUR } },
  );
  const a = job({ task: "broken" });
  await client.submit([a]);
  expect(await worker([broken]).drain()).toEqual(summary({ claimed: 2, retried: 2 }));
  const { attempts, runAt } = await read(a.id);
  expect(runAt! - attempts[1]!.endedAt).toBeGreaterThanOrEqual(HOUR / 2);
});

it("a payload that no longer fits its task fails the attempt, naming what does not fit", async () => {
  const strict = defineTask({ name: "tried", input: z.strictObject({ to: z.string() }), run: () => undefined });
  const ended = await attempt(strict, { payload: '{"from":"me"}' });
  expect(ended).toMatchObject({ status: "pending", retries: 1 });
  expect(ended.attempts[0]?.message).toBe(
    "the payload does not fit the task: /to: required: string; /from: there is no such field",
  );
});

it("a job that is cancelled while its schema reads the payload does not run", async () => {
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

it("a payload that is no JSON fails the attempt", async () => {
  const ended = await attempt(() => undefined, { payload: "{" });
  expect(ended).toMatchObject({ status: "pending", attempts: [{ error: "SyntaxError" }] });
});

it.each<[string, unknown, unknown]>([
  ["nothing", undefined, undefined],
  ["null", null, null],
  ["an empty string", "", ""],
  ["an empty array", [], []],
  ["a lone surrogate", "\ud800", "\ud800"],
  ["an error", { of: new RangeError("far") }, { of: { name: "RangeError", message: "far" } }],
  ["a promise", Promise.resolve({ n: 1 }), { n: 1 }],
])("a task may return %s", async (_, value, result) => {
  const ended = await attempt(() => value);
  expect(ended).toMatchObject({ status: "completed" });
  expect(ended.result).toEqual(result);
});

const cycle: Record<string, unknown> = {};
cycle.itself = cycle;
const hostile = {
  toJSON() {
    throw new RangeError("not me");
  },
};
it.each<[string, unknown, RegExp]>([
  ["a cycle", cycle, /JSON cannot hold its result: result.itself: a circle is not JSON/],
  ["a bigint", 1n, /JSON cannot hold its result: result: a bigint is not JSON/],
  ["a function", () => 1, /JSON cannot hold its result: result: a function is not JSON/],
  [
    "a promise in a list",
    [Promise.resolve(1)],
    /JSON cannot hold its result: result\[0\]: an instance of Promise is not JSON/,
  ],
  ["an object with a hostile toJSON", hostile, /JSON cannot hold its result: result: not me/],
  ["10 MB", "x".repeat(10_000_000), /its result has 10000002 bytes, more than 262144/],
  ["more bytes than characters allow", "é".repeat(140_000), /its result has 280002 bytes/],
])("a task that returns %s has failed for good: it would end so again", async (_, value, message) => {
  const ended = await attempt(() => value);
  expect(ended).toMatchObject({
    status: "failed",
    retries: 0,
    attempts: [{ outcome: "failed", error: "NonRetriableError" }],
  });
  expect(ended.attempts[0]?.message).toMatch(message);
});

it("a result of exactly 256 KiB is kept", async () => {
  const ended = await attempt(() => "x".repeat(256 * 1024 - 2));
  expect(ended).toMatchObject({ status: "completed" });
});

const evilMessage = new Error();
Object.defineProperty(evilMessage, "message", {
  get() {
    throw new Error("a getter");
  },
});
const evilProxy = new Proxy(
  {},
  {
    getPrototypeOf() {
      throw new Error("a trap");
    },
  },
);
const throwing = {
  toString() {
    throw new Error("no text");
  },
};
it.each<[string, unknown, string, RegExp]>([
  ["a string", "plain words", "NonError", /^plain words$/],
  ["nothing", undefined, "NonError", /^undefined$/],
  ["null", null, "NonError", /^null$/],
  ["a number", 42, "NonError", /^42$/],
  ["a bigint", 1n, "NonError", /./],
  ["a symbol", Symbol("s"), "NonError", /Symbol/],
  ["an object", { code: 7 }, "NonError", /^\{"code":7\}$/],
  ["an object with a hostile toJSON", hostile, "NonError", /^\{ toJSON: \[Function: toJSON\] \}$/],
  ["an error whose message throws", evilMessage, "Error", /cannot be read/],
  ["a proxy that throws at every look", evilProxy, "NonError", /^\{\}$|cannot be read/],
  ["an error whose message is null", Object.assign(new Error(), { message: null }), "Error", /^null$/],
  ["an error whose message is a bigint", Object.assign(new Error(), { message: 1n }), "Error", /^1$/],
  [
    "an error whose message has no text",
    Object.assign(new Error(), { message: throwing }),
    "Error",
    /^\{ toString: \[Function: toString\] \}$/,
  ],
  ["an error whose name is a number", Object.assign(new Error("m"), { name: 5 }), "5", /^m$/],
  ["an error that says 100,000 characters", new Error("é ".repeat(50_000)), "Error", /^(é ){250}$/],
])("a task may throw %s", async (_, thrown, error, message) => {
  const ended = await attempt(() => {
    throw thrown;
  });
  expect(ended).toMatchObject({ status: "pending", retries: 1, attempts: [{ outcome: "failed", error }] });
  expect(ended.attempts[0]?.message).toMatch(message);
});

it("a task that passes its time limit fails, its signal says why, and its neighbours complete", async () => {
  const heard = gate<unknown>();
  const slow = task(
    "tried",
    ({ signal }) => {
      signal.addEventListener("abort", () => heard.open(signal.reason));
      return new Promise(() => {});
    },
    { timeoutMs: 30, backoff: { baseMs: HOUR, maxMs: HOUR } },
  );
  const ended = await attempt(slow);
  expect(ended).toMatchObject({
    ...{ status: "pending", retries: 1 },
    attempts: [{ error: "Timeout", message: "no end after 30 ms" }],
  });
  expect(await heard.opened).toMatchObject({ why: "timeout" });
});

it("a task that asks for its signal only after its time limit finds it aborted, and why", async () => {
  const [late, heard] = [gate(), gate<unknown>()];
  const slow = task(
    "tried",
    async (context) => {
      await late.opened;
      heard.open([context.signal.aborted, context.signal.reason]);
    },
    { timeoutMs: 20, backoff: { baseMs: HOUR, maxMs: HOUR } },
  );
  expect(await attempt(slow)).toMatchObject({ attempts: [{ error: "Timeout" }] });
  late.open();
  expect(await heard.opened).toEqual([true, expect.objectContaining({ why: "timeout" })]);
});

it("what a task returns after its time limit changes nothing", async () => {
  const { client, worker, job: read } = workers.queue();
  const [late, returned] = [gate(), gate()];
  const deaf = task(
    "deaf",
    async () => {
      await late.opened;
      returned.open();
      return "too late";
    },
    { timeoutMs: 20 },
  );
  const a = job({ task: "deaf", maxRetries: 0 });
  await client.submit([a]);
  expect(await worker([deaf]).drain()).toEqual(summary({ claimed: 1, failed: 1 }));
  late.open();
  await returned.opened;
  expect(await read(a.id)).toMatchObject({ status: "failed", attempts: [{ error: "Timeout" }] });
  expect((await read(a.id)).result).toBeUndefined();
});

it("a time limit beyond what a timer can hold is not a short one", async () => {
  const { client, worker } = workers.queue();
  const [begun, end] = [gate(), gate()];
  const long = task(
    "long",
    async () => {
      begun.open();
      await end.opened;
    },
    { timeoutMs: Number.POSITIVE_INFINITY },
  );
  await client.submit([job({ task: "long" }), job({ task: "echo" })]);
  const w = worker([long, echo]);
  const drained = w.drain();
  await begun.opened;
  await until(() => w.lines.some(({ event, task: name }) => event === "completed" && name === "echo"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  end.open();
  expect(await drained).toEqual(summary({ claimed: 2, completed: 2 }));
});

/** Keeps the event loop busy. */
function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test.each([
  ["at its beginning", () => undefined],
  ["after it had waited", () => new Promise((resolve) => setImmediate(resolve))],
])("time in which another task computes %s does not count against a limit, and the log names it", async (_, before) => {
  const { client, worker } = workers.queue();
  const computed = gate();
  const waiting = task("waiting", () => computed.opened, { timeoutMs: 300 });
  const computing = task("computing", async () => {
    await before();
    compute(900);
    setTimeout(computed.open, 30); // the waiting one gets its turn first
  });
  await client.submit([job({ task: "waiting" }), job({ task: "computing" })]);
  const w = worker([waiting, computing]);
  expect(await w.drain()).toEqual(summary({ claimed: 2, completed: 2 }));
  const blocked = w.lines.filter(({ event }) => event === "blocked");
  expect(blocked).toHaveLength(1);
  expect(blocked[0]).toMatchObject({ level: "warn" });
  expect(JSON.stringify(blocked[0])).toContain('"computing"');
  expect(blocked[0]!.blocked_ms).toBeGreaterThanOrEqual(800);
});

test("time in which a task itself computes counts", async () => {
  const { client, worker } = workers.queue();
  const greedy = task(
    "greedy",
    () => {
      compute(400);
      return new Promise(() => {});
    },
    { timeoutMs: 300 },
  );
  await client.submit([job({ task: "greedy", maxRetries: 0 })]);
  expect(await worker([greedy]).drain()).toEqual(summary({ claimed: 1, failed: 1 }));
});
