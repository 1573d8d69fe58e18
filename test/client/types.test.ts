// Lines that must not compile. Each `@ts-expect-error` below is an assertion: `npx tsc` fails if the line does compile.
// Nothing here talks to a server: the calls are never made.
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod/mini";
import {
  type AsJson,
  type Attempt,
  type Client,
  type CompletedJob,
  createClient,
  type ErrorCode,
  type FinishedJob,
  type Job,
  type JobHistory,
  type JobId,
  type JobState,
  type JobSummary,
  type ListOptions,
  type LogLine,
  type Priority,
  type Stats,
  type Status,
} from "../../client/index.ts";
import type { ProblemCode } from "../../lib/errors.ts";
import type { JobRequest } from "../../lib/jobs/job-request.ts";
import type { ListedAs, JobState as QueueJobState } from "../../lib/queue/places.ts";
import type { HistoryView } from "../../lib/routes/described/history.ts";
import type { JobView } from "../../lib/routes/described/job-view.ts";
import type { QueueStatsView } from "../../lib/routes/described/queue-stats.ts";
import { defineTask } from "../../lib/tasks.ts";
import type { taskList } from "../support/tasks.ts";

const typed = createClient<typeof taskList>({ url: "http://localhost" });
const untyped = createClient({ url: "http://localhost" });

/** Compiled, not called. */
const compiled: (() => unknown)[] = [];
const compiles = (call: () => unknown) => compiled.push(call);

test("a task must exist, and its payload must fit", () => {
  compiles(() => typed.submit("note"));
  compiles(() => typed.submit("note", { to: "ada@example.com" }, { priority: "high", delaySeconds: 5 }));
  compiles(() => typed.submit("note", undefined, { runAt: new Date() }));
  compiles(() => typed.submit("call", { url: "https://example.com", body: { any: ["json"] } }));

  // @ts-expect-error there is no such task
  compiles(() => typed.submit("send_mail"));
  // @ts-expect-error `to` is text
  compiles(() => typed.submit("note", { to: 1 }));
  // @ts-expect-error there is no such field
  compiles(() => typed.submit("note", { too: "ada@example.com" }));
  // @ts-expect-error another task's payload
  compiles(() => typed.submit("count", { to: "ada@example.com" }));
  // @ts-expect-error it needs a payload
  compiles(() => typed.submit("call"));
  // @ts-expect-error it needs a URL
  compiles(() => typed.submit("call", {}));
  // @ts-expect-error an enum of methods
  compiles(() => typed.submit("call", { url: "https://example.com", method: "FETCH" }));
  // @ts-expect-error there is no such priority
  compiles(() => typed.submit("note", {}, { priority: "urgent" }));
  // @ts-expect-error either, not both
  compiles(() => typed.submit("note", {}, { delaySeconds: 1, runAt: new Date() }));
  // @ts-expect-error the same for `run`
  compiles(() => typed.run("call", { uri: "https://example.com" }));
});

test("each job of a batch is checked against its own task", () => {
  compiles(() => typed.submitMany([{ task: "note" }, { task: "count", payload: { up_to: 10 } }]));
  // @ts-expect-error another task's payload
  compiles(() => typed.submitMany([{ task: "note", payload: { up_to: 10 } }]));
  // @ts-expect-error it needs a payload
  compiles(() => typed.submitMany([{ task: "call" }]));
  // @ts-expect-error there is no such task
  compiles(() => typed.submitMany([{ task: "send_mail" }]));
});

test("results have the type of what the task returns", () => {
  compiles(async () => {
    const { jobId } = await typed.submit("count");
    expectTypeOf(jobId).toEqualTypeOf<JobId<"count">>();
    const job = await typed.waitFor(jobId);
    if (job.status === "completed") expectTypeOf(job.result).toEqualTypeOf<{ counted: number }>();
    else expectTypeOf(job.result).toEqualTypeOf<undefined>();
    expectTypeOf(job.finishedAt).toEqualTypeOf<Date>();

    const { result } = await typed.run("call", { url: "https://example.com" });
    expectTypeOf(result).toEqualTypeOf<{ status: number; body: string }>();
    // @ts-expect-error there is no such field in the result
    result.text;

    const some = await typed.status("an id from elsewhere");
    if (some.task === "note" && some.status === "completed") {
      expectTypeOf(some.result).toEqualTypeOf<{ noted: string; for: string }>();
    }
    // @ts-expect-error a job that has not completed has no result to read
    some.result.counted;

    for await (const listed of typed.list({ task: "note" })) {
      expectTypeOf(listed.task).toEqualTypeOf<"note">();
      // @ts-expect-error lists hold no results
      listed.result;
    }
    // @ts-expect-error there is no such task
    typed.list({ task: "send_mail" });
    // @ts-expect-error there is no such status
    typed.list({ status: "done" });
  });
});

test("without tasks every name is accepted, and payloads and results are unknown", () => {
  compiles(async () => {
    await untyped.submit("anything", { at: ["all"] });
    await untyped.submit("anything");
    const job = await untyped.run("anything", 1);
    expectTypeOf(job.result).toEqualTypeOf<unknown>();
    expectTypeOf(job.task).toEqualTypeOf<"anything">();
    // @ts-expect-error unknown
    job.result.counted;
  });
  expectTypeOf(untyped).toEqualTypeOf<Client>();
});

test("a payload has the schema's input type, and a result has the type that JSON makes of it", () => {
  const task = defineTask({
    name: "task",
    input: z.strictObject({ with_default: z._default(z.string(), ""), text: z.pipe(z.string(), z.transform(Number)) }),
    run: async () => ({ at: new Date(), list: [new Date()], maybe: undefined as string | undefined }),
  });
  const silent = defineTask({ name: "silent", input: z.object({}), run() {} });
  type Mine = Client<readonly [typeof task, typeof silent]>;
  expectTypeOf<Mine["submit"]>().toBeCallableWith("task", { text: "1" });
  compiles(async () => {
    const mine = createClient<readonly [typeof task, typeof silent]>({ url: "" });
    expectTypeOf((await mine.run("task", { text: "1" })).result).toEqualTypeOf<{
      at: string;
      list: string[];
      maybe: string | undefined;
    }>();
    expectTypeOf((await mine.run("silent")).result).toEqualTypeOf<undefined>();
    const { payload, log } = await mine.run("task", { text: "1" });
    expectTypeOf(payload).toEqualTypeOf<{ text: string; with_default?: string | undefined } | undefined>();
    expectTypeOf(log).toEqualTypeOf<LogLine[] | undefined>();
    // @ts-expect-error the schema's input, not its output
    await mine.submit("task", { text: 1 });
  });
  expectTypeOf<AsJson<[Date, 1 | null]>>().toEqualTypeOf<[string, 1 | null]>();
  expectTypeOf<AsJson<{ reason: RangeError }>>().toEqualTypeOf<{ reason: { name: string; message: string } }>();
  type Contact = { name: string; message: string; at: Date };
  expectTypeOf<AsJson<Contact>>().toEqualTypeOf<{ name: string; message: string; at: string }>();
});

type Camel<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Key;
type Keys<T> = T extends T ? keyof T : never;

test("the client's types name exactly what the API defines", () => {
  expectTypeOf<Exclude<ErrorCode, "unexpected_answer">>().toEqualTypeOf<ProblemCode>();
  expectTypeOf<Keys<Job>>().toEqualTypeOf<Camel<keyof JobView>>();
  expectTypeOf<keyof Attempt>().toEqualTypeOf<Camel<keyof JobView["attempts"][number]>>();
  expectTypeOf<Attempt["outcome"]>().toEqualTypeOf<JobView["attempts"][number]["outcome"]>();
  expectTypeOf<Job["status"]>().toEqualTypeOf<JobView["status"]>();
  expectTypeOf<Status>().toEqualTypeOf<JobView["status"]>();
  expectTypeOf<JobState>().toEqualTypeOf<QueueJobState>();
  expectTypeOf<NonNullable<ListOptions["status"]>>().toEqualTypeOf<ListedAs>();
  expectTypeOf<Priority>().toEqualTypeOf<NonNullable<JobRequest["priority"]>>();
  expectTypeOf<keyof Stats>().toEqualTypeOf<Camel<keyof QueueStatsView>>();
  expectTypeOf<keyof JobHistory>().toEqualTypeOf<Camel<keyof HistoryView>>();
  expectTypeOf<keyof JobHistory["buckets"][number]>().toEqualTypeOf<Camel<keyof HistoryView["buckets"][number]>>();
  expectTypeOf<CompletedJob>().toExtend<FinishedJob>();
  expectTypeOf<FinishedJob>().toExtend<Job>();
  expectTypeOf<Job>().toExtend<JobSummary>();
  expect(compiled.length).toBeGreaterThan(0);
});
