import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod/mini";
import { defineTask, type TaskContext } from "../../lib/tasks.ts";
import { job } from "../support/redis.ts";
import { gate, summary, task, until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const child = defineTask({
  name: "child",
  input: z.object({ n: z.int().check(z.gte(0)), at: z.optional(z.string()) }),
  maxRetries: 7,
  run: ({ input: { n } }) => n * 2,
});
const dated = defineTask({ name: "dated", input: z.object({ at: z.date() }), run: () => 1 });
const any = task("any", ({ input }) => input);
type Submit = TaskContext<unknown>["submit"];

/** Runs a parent task once with the given code. Returns its result or the reason for its failure. */
async function parent(run: (submit: Submit) => unknown, more: Partial<Parameters<typeof job>[0]> = {}) {
  const { client, worker, job: read, store } = workers.queue({ lingerMs: 0 });
  const a = job({ task: "parent", maxRetries: 0, ...more });
  await client.submit([a]);
  const w = worker([task("parent", ({ submit }) => run(submit)), child, dated, any]);
  const done = await w.drain();
  return { a, done, read, store, lines: w.lines, ...(await read(a.id)) };
}

test("a task submits a job, gets its id, and the same worker runs it", async () => {
  const { a, done, read, result, lines } = await parent((submit) => submit(child, { n: 21 }));
  expect(done).toEqual(summary({ claimed: 2, completed: 2 }));
  expect(result).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(await read(result as string)).toMatchObject({ status: "completed", result: 42, maxRetries: 7 });
  const told = { job_id: result, task: "child", parent_id: a.id };
  expect(lines.filter(({ event }) => event === "submit")).toEqual([expect.objectContaining(told)]);
});

test("ids follow from the parent and the number or key, and no two are the same", async () => {
  const all = async (submit: Submit) => {
    const ids = [await submit(any), await submit(any), await submit(any, 1, { key: "0" })];
    return [...ids, await submit(any, 1, { key: "1" }), await submit(any, 1, { key: 'é"' })];
  };
  const ids = (await Promise.all([parent(all), parent(all)])).flatMap(({ result }) => result as string[]);
  expect(new Set(ids).size).toBe(10);
  const again = await parent(all, { id: "00000000-0000-4000-8000-000000000001" });
  expect((await parent(all, { id: again.a.id })).result).toEqual(again.result);
});

test("jobs that are submitted in one turn go in one request, each under its own number", async () => {
  const { result, done, read } = await parent((submit) =>
    Promise.all(Array.from({ length: 30 }, (_, n) => submit(child, { n }))),
  );
  expect(done).toMatchObject({ completed: 31 });
  const results = await Promise.all((result as string[]).map(async (id) => (await read(id)).result));
  expect(results).toEqual(Array.from({ length: 30 }, (_, n) => n * 2));
});

test.each<[string, Parameters<Submit>[2], object]>([
  ["a priority", { priority: "high" }, { priority: "high" }],
  ["retries", { maxRetries: 0 }, { maxRetries: 0 }],
  ["a delay", { delaySeconds: 3_600 }, { status: "pending", runAt: expect.any(Number) }],
  ["a limit", { expiresSeconds: 60, delaySeconds: 30 }, { status: "pending", expiresAt: expect.any(Number) }],
  ["an instant", { runAt: new Date(Date.UTC(2027, 5, 1)) }, { status: "pending", runAt: Date.UTC(2027, 5, 1) }],
  ["an instant as text", { runAt: "2027-06-01T00:00:00Z" }, { status: "pending", runAt: Date.UTC(2027, 5, 1) }],
  ["an instant that has passed", { runAt: new Date(0) }, { status: "completed" }],
])("a task may submit with %s", async (_, options, expected) => {
  const { result, read } = await parent((submit) => submit(any, { a: 1 }, options));
  expect(await read(result as string)).toMatchObject({ task: "any", payloadBytes: 7, ...expected });
});

const circle: { itself?: unknown } = {};
circle.itself = circle;
test.each<[string, (submit: Submit) => unknown, RegExp]>([
  ["a payload that does not fit", (submit) => submit(child, { n: -1 }), /child was not submitted: \/payload\/n: /],
  ["a missing payload", (submit) => submit(child, undefined as never), /\/payload\/n: required: /],
  [
    "a payload that JSON would change",
    (submit) => submit(any, { n: [Number.NaN] }),
    /any was not submitted: payload.n\[0\]: NaN/,
  ],
  ["a date, which the task would receive as text", (submit) => submit(dated, { at: new Date() }), /\/payload\/at: /],
  ["a circle", (submit) => submit(any, circle), /any was not submitted: payload.itself: /],
  ["a bigint", (submit) => submit(any, 1n), /any was not submitted: payload: a bigint/],
  ["a payload that is too large", (submit) => submit(any, "x".repeat(300_000)), /more than the 262144/],
  ["a task that the queue does not know", (submit) => submit({ ...any, name: "other" }), /there is no task "other"/],
  [
    "an unknown priority",
    (submit) => submit(any, 1, { priority: "urgent" as never }),
    /priority must be high, normal, low/,
  ],
  ["a negative delay", (submit) => submit(any, 1, { delaySeconds: -1 }), /delaySeconds/],
  ["a delay that is not a number", (submit) => submit(any, 1, { delaySeconds: Number.NaN }), /delaySeconds/],
  ["a delay of more than a year", (submit) => submit(any, 1, { delaySeconds: 4e7 }), /delaySeconds/],
  ["a limit of 0", (submit) => submit(any, 1, { expiresSeconds: 0 }), /expiresSeconds must be positive/],
  ["a limit that is no number", (submit) => submit(any, 1, { expiresSeconds: Number.NaN }), /expiresSeconds/],
  ["a limit of more than a year", (submit) => submit(any, 1, { expiresSeconds: 4e7 }), /expiresSeconds/],
  ["a limit before its delay", (submit) => submit(any, 1, { expiresSeconds: 5, delaySeconds: 5 }), /before it may run/],
  ["an invalid instant", (submit) => submit(any, 1, { runAt: "soon" }), /runAt/],
  ["an instant many years ahead", (submit) => submit(any, 1, { runAt: "9999-01-01T00:00:00Z" }), /runAt/],
  ["a delay and an instant", (submit) => submit(any, 1, { runAt: new Date(), delaySeconds: 1 }), /not both/],
  ["a fraction of a retry", (submit) => submit(any, 1, { maxRetries: 0.5 }), /maxRetries/],
  ["an empty key", (submit) => submit(any, 1, { key: "" }), /key must not be empty/],
])("%s is refused with a reason, and the attempt fails", async (_, run, message) => {
  const { status, attempts, store } = await parent(run);
  expect({ status, attempts }).toMatchObject({
    status: "failed",
    attempts: [{ message: expect.stringMatching(message) }],
  });
  expect(Object.keys((await store.all()).records ?? {})).toHaveLength(1);
});

describe("a repeated attempt submits nothing twice", () => {
  test.each(["a retry", "a crash", "a redrive"])("after %s", async (why) => {
    let failures = 1;
    const parent = task("parent", async ({ submit }) => {
      const ids = [await submit(child, { n: 1 }), await submit(child, { n: 2 }, { key: "two" })];
      if (failures-- > 0 && why !== "a crash") throw new Error("not yet");
      return [...ids, await submit(child, { n: 3 })];
    });
    const kit = await createTestKit([parent, child]);
    const id = await kit.submit(parent, {}, { maxRetries: why === "a redrive" ? 0 : 3 });
    if (why === "a crash") await kit.crash("after the run");
    await kit.advance("1m");
    if (why === "a redrive") await kit.queue.redrive(id);
    await kit.advance("1m");
    const { status, result } = await kit.job(id);
    expect(status).toBe("completed");
    const found = await Promise.all((result as string[]).map((each) => kit.job(each)));
    expect(found.map(({ result: twice }) => twice)).toEqual([2, 4, 6]);
    expect((await kit.queue.stats()).completed).toBe(4);
    await kit.close();
  });

  test("whatever it submits, and wherever its attempts end", async () => {
    const jobs = fc.array(fc.option(fc.constantFrom("a", "b", "0", "1"), { nil: undefined }), { maxLength: 6 });
    const ends = fc.array(fc.nat({ max: 6 }), { maxLength: 4 });
    let cases = 0;
    const once = fc.asyncProperty(jobs, ends, async (keys, stops) => {
      const left = [...stops];
      const parent = task("parent", async ({ submit }) => {
        const stop = left.shift() ?? Number.POSITIVE_INFINITY;
        for (const [n, key] of keys.entries()) {
          if (n === stop) throw new Error("the attempt ends here");
          await submit(child, { n }, key === undefined ? {} : { key });
        }
        if (stop <= keys.length) throw new Error("the attempt ends here");
      });
      const kit = await createTestKit([parent, child]);
      const id = await kit.submit(parent, {}, { maxRetries: 10 });
      await kit.advance("1h");
      expect(await kit.job(id)).toMatchObject({ status: "completed" });
      const named = keys.filter((key) => key !== undefined);
      const wanted = keys.length - named.length + new Set(named).size;
      expect((await kit.queue.stats()).completed).toBe(1 + wanted);
      await kit.close();
      cases++;
    });
    await fc.assert(once, { numRuns: 60, seed: 11 });
    expect(cases).toBeGreaterThanOrEqual(60);
  });

  test("an attempt that submits a different task than the first attempt did gets an error, so nothing is lost in silence", async () => {
    let attempts = 0;
    const { status, attempts: history } = await (async () => {
      const fickle = task("fickle", ({ submit }) => {
        attempts++;
        return attempts === 1 ? submit(child, { n: 1 }).then(() => Promise.reject(new Error("no"))) : submit(any);
      });
      const { client, worker, job: read } = workers.queue();
      const a = job({ task: "fickle", maxRetries: 1 });
      await client.submit([a]);
      await worker([fickle, child, any]).drain();
      return read(a.id);
    })();
    expect(status).toBe("failed");
    expect(history[1]?.message).toMatch(
      /any was not submitted: an earlier attempt submitted child here: submit in the same/,
    );
  });
});

test.each(["its time limit", "its cancellation"])("a run that continues after %s submits nothing more", async (end) => {
  const { client, worker, store } = workers.queue({ leaseMs: 300 });
  const [begun, late, refused] = [gate(), gate(), gate<unknown>()];
  const deaf = task(
    "deaf",
    async ({ submit }) => {
      begun.open();
      await late.opened;
      await submit(child, { n: 1 }).catch(refused.open);
    },
    { timeoutMs: end === "its time limit" ? 20 : 10_000 },
  );
  const a = job({ task: "deaf", maxRetries: 0 });
  await client.submit([a]);
  const w = worker([deaf, child]);
  const drained = w.drain();
  await begun.opened;
  if (end === "its cancellation") await client.cancel(a.id);
  await drained;
  late.open();
  expect(await refused.opened).toMatchObject({ why: end === "its time limit" ? "timeout" : "cancelled" });
  expect(Object.keys((await store.all()).records ?? {})).toEqual([a.id]);
});

test.each([
  { concurrency: 1, wakes: ["submit"] },
  { concurrency: 2, wakes: [] },
])(
  "a worker with $concurrency slots sends the wake-ups $wakes for a job that its task submits",
  async ({ concurrency, wakes }) => {
    const { client, worker, job: read } = workers.queue();
    const [submitted, end] = [gate<string>(), gate()];
    const parent = task("parent", async ({ submit }) => {
      submitted.open(await submit(child, { n: 1 }));
      await end.opened;
    });
    await client.submit([job({ task: "parent" })]);
    const w = worker([parent, child], { concurrency });
    const drained = w.drain();
    const id = await submitted.opened;
    if (concurrency > 1) await until(async () => (await read(id)).status === "completed");
    expect(w.wakes).toEqual(wakes);
    end.open();
    expect(await drained).toEqual(summary({ claimed: 2, completed: 2 }));
  },
);

test("a job that a task submits belongs to the trace of its attempt", async () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const { result, read } = await parent((submit) => submit(any), { traceparent });
  expect((await read(result as string)).traceparent).toMatch(/^00-a{32}-(?!b{16})[0-9a-f]{16}-01$/);
});
