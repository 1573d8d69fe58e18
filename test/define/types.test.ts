// Lines that must not compile. Each `@ts-expect-error` below is an assertion: `npx tsc` fails if the line does compile.
// Nothing here is called.
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { type Client, createClient, type JobId } from "../../client/index.ts";
import { defineQueue, defineTask } from "../../lib/index.ts";

const welcome = defineTask({
  name: "welcome",
  input: z.object({ to: z.string(), copies: z.int().default(1) }),
  run: ({ input }) => ({ at: new Date(), copies: input.copies }),
});
const sweep = defineTask({ name: "sweep", input: z.object({ days: z.optional(z.int()) }), run() {} });
const foreign = defineTask({ name: "foreign", input: z.object({}), run: () => 1 });

const queue = defineQueue({ tasks: [welcome, sweep] });
const loaded = defineQueue({ tasks: async () => [welcome, sweep] });
const loadedAsTuple = defineQueue({ tasks: async () => [welcome, sweep] as const });

/** Compiled, not called. */
const compiled: (() => unknown)[] = [];
const compiles = (call: () => unknown) => compiled.push(call);

test("a job is submitted with its task or its name, and its payload must fit", () => {
  compiles(() => queue.submit(welcome, { to: "ada" }));
  compiles(() => queue.submit("welcome", { to: "ada", copies: 2 }, { delaySeconds: 60, idempotencyKey: "k" }));
  compiles(() => queue.submit(sweep));
  compiles(() => queue.submit("sweep", undefined, { runAt: new Date(), priority: "low", maxRetries: 0 }));
  compiles(() => queue.submit("sweep", { days: 3 }));

  // @ts-expect-error there is no such task
  compiles(() => queue.submit("goodbye"));
  // @ts-expect-error that task is not in the queue
  compiles(() => queue.submit(foreign));
  // @ts-expect-error it needs a payload
  compiles(() => queue.submit(welcome));
  // @ts-expect-error `to` is text
  compiles(() => queue.submit("welcome", { to: 1 }));
  // @ts-expect-error the schema's input, by the task too
  compiles(() => queue.submit(welcome, { to: 1 }));
  // @ts-expect-error there is no such field
  compiles(() => queue.submit(welcome, { to: "ada", cc: "bob" }));
  // @ts-expect-error another task's payload
  compiles(() => queue.submit(sweep, { to: "ada" }));
  // @ts-expect-error either, not both
  compiles(() => queue.submit(sweep, {}, { delaySeconds: 1, runAt: new Date() }));
  // @ts-expect-error there is no such option
  compiles(() => queue.submit(sweep, {}, { delay: "1h" }));
});

test("each job of submitMany is checked against its own task", () => {
  compiles(() => queue.submitMany([{ task: welcome, payload: { to: "ada" } }, { task: "sweep" }]));
  compiles(() => queue.submitMany([{ task: sweep, payload: { days: 1 }, delaySeconds: 60 }], { idempotencyKey: "k" }));
  compiles(() => queue.submitMany(["ada", "bob"].map((to) => ({ task: welcome, payload: { to } }))));
  // @ts-expect-error another task's payload
  compiles(() => queue.submitMany([{ task: sweep, payload: { to: "ada" } }]));
  // @ts-expect-error another task's payload, by name
  compiles(() => queue.submitMany([{ task: "welcome", payload: { days: 1 } }]));
  // @ts-expect-error it needs a payload
  compiles(() => queue.submitMany([{ task: welcome }]));
  // @ts-expect-error that task is not in the queue
  compiles(() => queue.submitMany([{ task: foreign }]));
});

test("an id remembers its task: status, wait and run know the result", () => {
  compiles(async () => {
    const { id, replayed } = await queue.submit(welcome, { to: "ada" });
    expectTypeOf(id).toEqualTypeOf<JobId<"welcome">>();
    expectTypeOf(replayed).toEqualTypeOf<boolean>();
    const now = await queue.status(id);
    expectTypeOf(now.task).toEqualTypeOf<"welcome">();
    if (now.status === "completed") expectTypeOf(now.result).toEqualTypeOf<{ at: string; copies: number }>();
    // @ts-expect-error not every job has a result
    now.result.copies;
    const ended = await queue.wait(id, {
      timeoutMs: 1_000,
      signal: AbortSignal.timeout(1_000),
      onProgress(job) {
        expectTypeOf(job.task).toEqualTypeOf<"welcome">();
        expectTypeOf(job.progress).toEqualTypeOf<number | undefined>();
      },
    });
    expectTypeOf(ended.finishedAt).toEqualTypeOf<Date>();
    expectTypeOf(ended.status).toEqualTypeOf<"completed" | "failed" | "cancelled">();
    const done = await queue.run(welcome, { to: "ada" }, { onProgress: (job) => void job.progress, timeoutMs: 5 });
    expectTypeOf(done.result).toEqualTypeOf<{ at: string; copies: number }>();
    expectTypeOf((await queue.run("sweep")).result).toEqualTypeOf<undefined>();
    expectTypeOf((await queue.cancel(id)).task).toEqualTypeOf<"welcome">();
    expectTypeOf((await queue.retry(id)).task).toEqualTypeOf<"welcome">();
    const some = await queue.status("an id from elsewhere");
    expectTypeOf(some.task).toEqualTypeOf<"welcome" | "sweep">();
    const { ids } = await queue.submitMany([{ task: "sweep" }]);
    expectTypeOf(ids).toEqualTypeOf<JobId<"welcome" | "sweep">[]>();
    for await (const job of queue.list({ task: "sweep", status: "failed" }))
      expectTypeOf(job.task).toEqualTypeOf<"sweep">();
    // @ts-expect-error there is no such task
    queue.list({ task: "goodbye" });
  });
});

test("tasks that a function loads are known as well", () => {
  for (const each of [loaded, loadedAsTuple]) {
    compiles(() => each.submit(welcome, { to: "ada" }));
    compiles(() => each.submit("sweep"));
    // @ts-expect-error there is no such task
    compiles(() => each.submit("goodbye"));
    // @ts-expect-error it needs a payload
    compiles(() => each.submit("welcome"));
    // @ts-expect-error another task's payload
    compiles(() => each.submit(sweep, { to: "ada" }));
    compiles(async () => {
      const { result } = await each.run("welcome", { to: "ada" });
      expectTypeOf(result).toEqualTypeOf<{ at: string; copies: number }>();
    });
  }
});

test("a client takes the types of a queue, of a list, or none", () => {
  const ofQueue = createClient<typeof queue>({ url: "http://localhost" });
  const ofLoaded = createClient<typeof loaded>({ url: "http://localhost" });
  expectTypeOf(ofQueue).toEqualTypeOf<Client<readonly [typeof welcome, typeof sweep]>>();
  compiles(async () => {
    expectTypeOf((await ofQueue.run("welcome", { to: "ada" })).result).toEqualTypeOf<{ at: string; copies: number }>();
    expectTypeOf((await ofLoaded.run("welcome", { to: "ada" })).result).toEqualTypeOf<{ at: string; copies: number }>();
    // @ts-expect-error there is no such task
    await ofQueue.submit("goodbye");
    // @ts-expect-error `to` is text
    await ofQueue.submit("welcome", { to: 1 });
    // @ts-expect-error it needs a payload
    await ofLoaded.submit("welcome");
  });
  // @ts-expect-error neither a queue nor a list
  compiles(() => createClient<number>({ url: "" }));
  expect(compiled.length).toBeGreaterThan(0);
});
