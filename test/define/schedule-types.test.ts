// Lines that must not compile. Each `@ts-expect-error` below is an assertion: `npx tsc` fails if the line does compile.
// Nothing here is called.
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { createClient, type JobId } from "../../client/index.ts";
import { defineQueue, defineTask } from "../../lib/index.ts";

const welcome = defineTask({
  name: "welcome",
  input: z.object({ to: z.string() }),
  run({ job }) {
    expectTypeOf(job.schedule).toEqualTypeOf<{ name: string; slot?: Date } | undefined>();
  },
});
const sweep = defineTask({ name: "sweep", input: z.object({ days: z.optional(z.int()) }), run() {} });
const foreign = defineTask({ name: "foreign", input: z.object({}), run: () => 1 });
const tasks = [welcome, sweep] as const;

const queue = defineQueue({ tasks });
const client = createClient<typeof queue>({ url: "http://localhost" });

/** Compiled, not called. */
const compiled: (() => unknown)[] = [];
const compiles = (call: () => unknown) => compiled.push(call);

test("a declared schedule has one of the tasks, a payload that fits it, and one rule", () => {
  const daily = { name: "a", cron: "@daily" } as const;
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: welcome, payload: { to: "ada" } }] }));
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: "sweep" }] }));
  compiles(() => defineQueue({ tasks, schedules: [{ name: "a", task: sweep, every: "15 minutes", paused: true }] }));
  compiles(() => defineQueue({ tasks, schedules: [{ name: "a", task: sweep, every: 60, overlap: "allow" }] }));
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: sweep, timeZone: "UTC", catchUp: { all: 7 } }] }));
  compiles(() => defineQueue({ tasks: async () => [welcome, sweep], schedules: [{ ...daily, task: sweep }] }));

  // @ts-expect-error it needs a payload
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: welcome }] }));
  // @ts-expect-error another task's payload
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: "welcome", payload: { days: 1 } }] }));
  // @ts-expect-error there is no such task
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: "goodbye" }] }));
  // @ts-expect-error that task is not in the queue
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: foreign }] }));
  // @ts-expect-error one rule, not two
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: sweep, every: 60 }] }));
  // @ts-expect-error one rule, not none
  compiles(() => defineQueue({ tasks, schedules: [{ name: "a", task: sweep }] }));
  // @ts-expect-error there is no such word
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: sweep, catchUp: "all" }] }));
  // @ts-expect-error there is no such option
  compiles(() => defineQueue({ tasks, schedules: [{ ...daily, task: sweep, zone: "UTC" }] }));
});

test("schedules.put takes what the option takes, and a client the same by the task's name", () => {
  compiles(() => queue.schedules.put({ name: "a", task: welcome, payload: { to: "ada" }, cron: "@daily" }));
  compiles(() => client.schedules.put({ name: "a", task: "welcome", payload: { to: "ada" }, cron: "@daily" }));
  // @ts-expect-error it needs a payload
  compiles(() => queue.schedules.put({ name: "a", task: welcome, cron: "@daily" }));
  // @ts-expect-error it needs a payload
  compiles(() => client.schedules.put({ name: "a", task: "welcome", cron: "@daily" }));
  // @ts-expect-error there is no such task
  compiles(() => client.schedules.put({ name: "a", task: "goodbye", cron: "@daily" }));
  // @ts-expect-error a client takes names
  compiles(() => client.schedules.put({ name: "a", task: sweep, cron: "@daily" }));
});

test("what is read has types, and a run's id is that of a job of one of the tasks", () => {
  compiles(async () => {
    const { task, nextRuns, lastRun, source } = await queue.schedules.get("a");
    expectTypeOf(task).toEqualTypeOf<"welcome" | "sweep">();
    expectTypeOf(nextRuns).toEqualTypeOf<Date[]>();
    expectTypeOf(lastRun?.slot).toEqualTypeOf<Date | undefined>();
    expectTypeOf(source).toEqualTypeOf<"code" | "api">();
    for await (const each of queue.schedules.list()) expectTypeOf(each.pausedUntil).toEqualTypeOf<Date | undefined>();
    const { id } = await queue.schedules.run("a");
    expectTypeOf(id).toEqualTypeOf<JobId<"welcome" | "sweep">>();
    const { slot, schedule } = await queue.status(id);
    expectTypeOf(slot).toEqualTypeOf<Date | undefined>();
    expectTypeOf(schedule).toEqualTypeOf<string | undefined>();
  });
  expect(compiled.length).toBeGreaterThan(20); // the compiler is the test: `npm run check`
});
