import { expect, test } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod/mini";
import { defineTask, type TaskContext } from "../../lib/tasks.ts";
import { DrainMetrics } from "../../lib/worker/drain-metrics.ts";
import { keptIn, type Line } from "../support/log.ts";
import { job } from "../support/redis.ts";
import { task, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const child = defineTask({
  name: "child",
  input: z.object({ n: z.int() }),
  unique: ({ n }) => `n ${n}`,
  run: ({ input: { n } }) => n * 2,
});
const any = task("any", () => {});
type Submit = TaskContext<unknown>["submit"];

/** Runs a parent task once with the given code. */
async function parent(run: (submit: Submit) => unknown) {
  const { client, worker, job: read, store } = workers.queue({ lingerMs: 0 });
  const a = job({ task: "parent", maxRetries: 0 });
  await client.submit([a]);
  const metrics: Line[] = [];
  const observer = new DrainMetrics("test", keptIn(metrics));
  const w = worker([task("parent", ({ submit }) => run(submit)), child, any], { observers: [observer] });
  await w.drain();
  observer.flush();
  return { a, store, metrics, lines: w.lines, ...(await read(a.id)) };
}

test("a task that submits a unique job gets the id of the job that holds the key, and the log and the metrics say so", async () => {
  const { a, store, result, lines, metrics } = await parent(async (submit) => {
    const later = { delaySeconds: 3_600 };
    return [await submit(child, { n: 1 }, later), await submit(child, { n: 1 }), await submit(child, { n: 2 }, later)];
  });
  const [first, second, third] = result as [string, string, string];
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(Object.keys((await store.all()).scheduled ?? {}).sort()).toEqual([first, third].sort());
  expect(lines.filter(({ event }) => event === "unique_conflict")).toMatchObject([
    { level: "info", job_id: first, task: "child", parent_id: a.id },
  ]);
  expect(lines.filter(({ event }) => event === "submit")).toHaveLength(2);
  expect(metrics).toMatchObject([{ Submitted: 2, UniqueConflicts: 1 }]);
});

test("without a conflict, no metric of it is written", async () => {
  const { metrics } = await parent((submit) => submit(child, { n: 1 }));
  expect(metrics).toMatchObject([{ Submitted: 1 }]);
  expect(metrics[0]).not.toHaveProperty("UniqueConflicts");
});

test.each<[string, unknown]>([
  ["an empty key", { key: "" }],
  ["a key of 10 KB", { key: "x".repeat(10_240) }],
  ["a key that is a number", { key: 1 }],
  ["until 0", { key: "k", until: 0 }],
  ["until -1", { key: "k", until: -1 }],
  ["until NaN", { key: "k", until: Number.NaN }],
  ["until Infinity", { key: "k", until: Number.POSITIVE_INFINITY }],
  ["until 1e9", { key: "k", until: 1e9 }],
  ["a text", "k"],
])("%s is refused with a reason, and the attempt fails", async (_, unique) => {
  const { status, attempts, store } = await parent((submit) => submit(any, 1, { unique: unique as { key: string } }));
  expect({ status, attempts }).toMatchObject({
    status: "failed",
    attempts: [{ message: expect.stringContaining("the job of any was not submitted: unique must be") }],
  });
  expect(Object.keys((await store.all()).records ?? {})).toHaveLength(1);
});

test("a repeated attempt finds its own child first, whoever holds the key by then", async () => {
  let attempts = 0;
  const parent = task("parent", async ({ submit }) => {
    const id = await submit(child, { n: 1 });
    if (++attempts === 1) throw new Error("not yet");
    return id;
  });
  const kit = await createTestKit([parent, child]);
  const id = await kit.submit(parent, {});
  await kit.drain();
  const other = await kit.submit(child, { n: 1 }, { delay: "1h" });
  await kit.advance("10m");
  const { result } = await kit.job(id);
  expect(result).not.toBe(other);
  expect(await kit.job(result as string)).toMatchObject({ task: "child", status: "completed", result: 2 });
  await kit.close();
});
