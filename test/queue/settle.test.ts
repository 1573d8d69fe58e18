import { expect, test } from "vitest";
import type { NewJob } from "../../lib/queue/job.ts";
import type { Ending } from "../../lib/queue/worker-queue.ts";
import { job, record, START, useRedis } from "../support/redis.ts";
import {
  claim,
  completed,
  deferred,
  extend,
  failed,
  released,
  retry,
  running,
  settle,
  snoozed,
} from "../support/verbs.ts";

const redis = useRedis();
const ENDED = START + 500;
const attempt = { attempt: 1, started_at: START, ended_at: ENDED, worker: "w" };
const whole = '{"name":"Boom","message":"it broke"}';
const boom = { ...attempt, outcome: "failed" as const, error: "Boom", message: "it broke" };

test("a completed job keeps its result, its token and its history, and has no lease", async () => {
  const { queue, store } = redis.queue();
  const a = job({ payload: "[]" });
  await running(queue, [a]);
  redis.clock.now = ENDED;
  expect(await settle(queue, completed(a, '{"sent":[]}'))).toEqual(["settled"]);
  expect(await store.all()).toEqual({
    completed: { [a.id]: ENDED },
    claims: { "w.1": a.id },
    counters: { completed: 1 },
    records: {
      [a.id]: record(a, { status: "completed", started_at: START, finished_at: ENDED, token: "w.1" }),
    },
    results: { [a.id]: '{"sent":[]}' },
  });
  // The record leaves out the entry that would repeat this.
  expect((await queue.status(a.id))?.job.attempts).toEqual([
    { attempt: 1, outcome: "completed", startedAt: START, endedAt: ENDED, worker: "w" },
  ]);
});

test("a job that completed without a result has none", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, completed(a));
  expect(await store.all()).not.toHaveProperty("results");
  expect(await queue.status(a.id)).not.toHaveProperty("result");
});

test("a retry waits for its time, with one more retry counted and no attempt under way", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now = ENDED;
  expect(await settle(queue, retry(a, 2_000))).toEqual(["settled"]);
  expect(await store.all()).toEqual({
    scheduled: { [a.id]: ENDED + 2_000 },
    claims: { "w.1": a.id },
    counters: { retried: 1 },
    records: { [a.id]: record(a, { retries: 1, run_at: ENDED + 2_000, token: "w.1", attempts: [boom] }) },
    errors: { [a.id]: whole },
    firstErrors: { [a.id]: whole },
  });
});

test.each([
  { delayMs: Number.NaN, waits: 0 },
  { delayMs: -1_000, waits: 0 },
  { delayMs: 0.4, waits: 0 },
  { delayMs: 1e300, waits: 31_536_000_000 },
  { delayMs: Number.POSITIVE_INFINITY, waits: 31_536_000_000 },
])("a retry after $delayMs ms waits for $waits ms, and its record can still be read", async ({ delayMs, waits }) => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  expect(await settle(queue, retry(a, delayMs))).toEqual(["settled"]);
  expect(await store.score("scheduled", a.id)).toBe(START + waits);
  expect(await queue.status(a.id)).toMatchObject({ job: { status: "pending", runAt: START + waits } });
});

test("a failed job is kept among the failed jobs", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  redis.clock.now = ENDED;
  expect(await settle(queue, failed(a))).toEqual(["settled"]);
  expect(await store.all()).toEqual({
    failed: { [a.id]: ENDED },
    claims: { "w.1": a.id },
    counters: { failed: 1 },
    records: {
      [a.id]: record(a, { status: "failed", started_at: START, finished_at: ENDED, token: "w.1", attempts: [boom] }),
    },
    errors: { [a.id]: whole },
    firstErrors: { [a.id]: whole },
  });
});

test("a released job is back at the front of its list, as if it had not been claimed", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c] = [job({ priority: "low" }), job({ priority: "low" }), job({ priority: "low" })];
  await queue.submit([a, b, c]);
  await claim(queue, { count: 2 });
  redis.clock.now = ENDED;
  expect(await settle(queue, released(a), released(b))).toEqual(["settled", "settled"]);
  const back = { run_at: ENDED, token: "w.1" };
  expect(await store.all()).toEqual({
    low: [a.id, b.id, c.id],
    claims: { "w.1": `${a.id} ${b.id}` },
    counters: { released: 2 },
    records: { [a.id]: record(a, back), [b.id]: record(b, back), [c.id]: record(c) },
    wake: "w.1",
  });
});

test("a batch settles each attempt by its own outcome", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c, d, e, f, g] = [job(), job(), job(), job({ priority: "high" }), job(), job(), job()];
  await running(queue, [a, b, c, d, e, f, g]);
  await queue.cancel(f.id);
  redis.clock.now = ENDED;
  const absent = job();
  const endings = [completed(a, "1"), retry(b, 0), failed(c), released(d), completed(e), failed(f), completed(absent)];
  expect(await settle(queue, ...endings, completed(g, "2", "w.2"))).toEqual([
    ...["settled", "settled", "settled", "settled", "settled"],
    ...["cancelled", "lost", "lost"],
  ]);
  const { records, claims, ...rest } = await store.all();
  expect(rest).toEqual({
    high: [d.id],
    scheduled: { [b.id]: ENDED },
    leases: { [g.id]: START + 30_000 },
    completed: { [a.id]: ENDED, [e.id]: ENDED },
    failed: { [c.id]: ENDED },
    cancelled: { [f.id]: START },
    counters: { completed: 2, retried: 1, failed: 1, released: 1, cancelled: 1 },
    results: { [a.id]: "1" },
    errors: { [b.id]: whole, [c.id]: whole },
    firstErrors: { [b.id]: whole, [c.id]: whole },
  });
  expect(records).toMatchObject({
    [a.id]: { status: "completed" },
    [b.id]: { status: "pending", retries: 1, run_at: ENDED },
    [c.id]: { status: "failed" },
    [d.id]: { status: "pending", retries: 0 },
    [f.id]: { status: "cancelled" },
    [g.id]: { status: "processing", token: "w.1" },
  });
});

test("an attempt that is named twice in one batch ends once, with the first outcome", async () => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  expect(await settle(queue, completed(a, "1"), failed(a))).toEqual(["settled", "settled"]);
  const { completed: done, failed: dead, results } = await store.all();
  expect({ done, dead, results }).toEqual({ done: { [a.id]: START }, dead: undefined, results: { [a.id]: "1" } });
});

test("a deferred job waits for its time and is on offer until then, its attempt unspent and its history unchanged", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = [job(), job()];
  await running(queue, [a, b]);
  redis.clock.now = ENDED;
  const endings = [deferred(a, 2_000), { ...deferred(b, 0), log: '["later"]' } as Ending];
  expect(await settle(queue, ...endings)).toEqual(["settled", "settled"]);
  expect(await store.all()).toEqual({
    scheduled: { [a.id]: ENDED + 2_000, [b.id]: ENDED },
    offers: { note: [a.id, b.id] },
    claims: { "w.1": `${a.id} ${b.id}` },
    counters: { deferred: 2 },
    records: {
      [a.id]: record(a, { run_at: ENDED + 2_000, token: "w.1", unknown_since: ENDED, unknown_tries: 1 }),
      [b.id]: record(b, { run_at: ENDED, token: "w.1", unknown_since: ENDED, unknown_tries: 1 }),
    },
    logs: { [b.id]: '["later"]' },
  });
});

test("a snoozed job waits for its time, its attempt unspent, and the record has the total time snoozed", async () => {
  const { queue, store } = redis.queue();
  const [a, b] = ["a", "b"].map((end) => job({ id: `00000000-0000-4000-8000-00000000000${end}` })) as [NewJob, NewJob];
  await running(queue, [a, b]);
  expect(await settle(queue, snoozed(a, 2_000), deferred(b, 2_000))).toEqual(["settled", "settled"]);
  redis.clock.now = START + 2_000;
  await claim(queue, { token: "w.2" });
  await extend(queue, { id: a.id, token: "w.2", progress: { percent: 1 } });
  await settle(queue, { ...snoozed(a, 7_000, "w.2"), log: '["later"]' } as Ending, retry(b, 0, "w.2"));
  expect(await store.all()).toEqual({
    scheduled: { [a.id]: START + 9_000, [b.id]: START + 2_000 },
    claims: { "w.1": `${a.id} ${b.id}`, "w.2": `${a.id} ${b.id}` },
    counters: { snoozed: 2, deferred: 1, retried: 1 },
    records: {
      [a.id]: record(a, { run_at: START + 9_000, token: "w.2", snoozed: 9_000 }),
      [b.id]: expect.objectContaining({ retries: 1 }),
    },
    offers: { note: [b.id] },
    logs: { [a.id]: '["later"]' },
    errors: { [b.id]: expect.any(String) },
    firstErrors: { [b.id]: expect.any(String) },
  });
  expect((await queue.status(a.id))?.job).toMatchObject({ snoozedMs: 9_000, retries: 0, attempts: [] });
});

test.each<[string, (of: { id: string }) => Ending]>([
  ["a retry", (of) => retry(of, 0, "w.2")],
  ["a release", (of) => released(of, "w.2")],
  ["a failure", (of) => failed(of, "w.2")],
])("a job's total snooze time survives %s, and a redrive resets it", async (_, ending) => {
  const { queue, store } = redis.queue();
  const a = job();
  await running(queue, [a]);
  await settle(queue, snoozed(a, 2_000));
  redis.clock.now += 2_000;
  await claim(queue, { token: "w.2" });
  await settle(queue, ending(a));
  await queue.cancel(a.id);
  expect(await store.record(a.id)).toMatchObject({ snoozed: 2_000 });
  expect(await queue.redrive(a.id, "r")).toMatchObject({ outcome: "redriven" });
  expect(await store.record(a.id)).not.toHaveProperty("snoozed");
});

test("the record and the history show that an attempt began after its claim", async () => {
  const { queue, store } = redis.queue();
  const [a, b, c, d] = [job(), job(), job(), job()];
  await running(queue, [a, b, c, d]);
  redis.clock.now = ENDED;
  const began = START + 200;
  const late = [completed(a), retry(b, 0), failed(c)].map((each) => ({ ...each, startedAt: began }) as Ending);
  await settle(queue, ...late, { ...completed(d), startedAt: Number.NaN } as Ending);
  const { records } = await store.all();
  const then = { ...boom, started_at: began };
  expect(records).toEqual({
    [a.id]: record(a, { status: "completed", started_at: began, finished_at: ENDED, token: "w.1" }),
    [b.id]: record(b, { retries: 1, run_at: ENDED, token: "w.1", attempts: [then] }),
    [c.id]: record(c, { status: "failed", started_at: began, finished_at: ENDED, token: "w.1", attempts: [then] }),
    [d.id]: record(d, { status: "completed", started_at: START, finished_at: ENDED, token: "w.1" }),
  });
  expect((await queue.status(a.id))?.job.attempts).toMatchObject([{ startedAt: began, endedAt: ENDED }]);
});

test("endings that differ only in their start are kept apart", async () => {
  const { queue, store } = redis.queue();
  const jobs = [job(), job(), job()];
  await running(queue, jobs);
  const starts = [START + 1, undefined, START + 2];
  await settle(queue, ...jobs.map((each, i): Ending => ({ ...completed(each), startedAt: starts[i] }) as Ending));
  const found = await Promise.all(jobs.map(({ id }) => store.record(id)));
  expect(found.map((each) => each?.started_at)).toEqual([START + 1, START, START + 2]);
});
