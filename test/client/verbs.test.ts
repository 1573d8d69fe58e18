import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type Job, JobFailedError, WakeqError, WakeqNetworkError } from "../../client/index.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";
import type { taskList } from "../support/tasks.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LONG = { up_to: 900, rest_ms: 1_000 };

let stack: BorrowedStack;
let client: ReturnType<typeof connect>;
beforeAll(async () => {
  stack = await borrowStack();
  client = connect();
});
afterAll(() => stack?.giveBack());

function connect(fetch?: (url: string, init: RequestInit) => Promise<Response>) {
  return createClient<typeof taskList>({ url: `${stack.url}/`, fetch });
}

async function refusal(call: Promise<unknown>): Promise<WakeqError> {
  const error = await call.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(WakeqError);
  return error as WakeqError;
}

test("a submitted job is waited for, and its result is what the task returned", async () => {
  const { jobId, replayed } = await client.submit("note", { to: "ada@example.com" }, { maxRetries: 1 });
  expect(jobId).toMatch(UUID);
  expect(replayed).toBe(false);

  const job = await client.waitFor(jobId);
  expect(job).toMatchObject({ jobId, task: "note", status: "completed", retries: 0, maxRetries: 1 });
  expect(job.result).toEqual({ noted: jobId, for: "ada@example.com" });
  expect(job.createdAt).toBeInstanceOf(Date);
  expect(job.finishedAt.getTime()).toBeGreaterThanOrEqual(job.createdAt.getTime());
  expect(job.attempts).toEqual([
    {
      attempt: 1,
      outcome: "completed",
      startedAt: expect.any(Date),
      endedAt: expect.any(Date),
      worker: expect.any(String),
    },
  ]);
  expect(await client.status(jobId)).toEqual(job);
});

test("run submits and waits", async () => {
  const seen: string[] = [];
  const { result } = await client.run(
    "count",
    { up_to: 1_000, rest_ms: 0 },
    { onProgress: ({ status }) => seen.push(status) },
  );
  expect(result).toEqual({ counted: 1_000 });
  expect(seen.at(-1)).toBe("completed");
});

test("run throws the job that failed", async () => {
  const error = await client.run("call", { url: `${stack.url}/nowhere` }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(JobFailedError);
  const { job, message } = error as JobFailedError;
  expect(job).toMatchObject({ status: "failed", task: "call" });
  expect(message).toContain("answered with 404");
});

test("the same key gives the same job, and is refused with a different body", async () => {
  const options = { idempotencyKey: "once", delaySeconds: 3_000 };
  const first = await client.submit("note", {}, options);
  expect(await client.submit("note", {}, options)).toEqual({
    jobId: first.jobId,
    replayed: true,
    uniqueConflict: false,
  });
  expect(await refusal(client.submit("note", { to: "b@example.com" }, options))).toMatchObject({
    status: 422,
    code: "idempotency_key_reused",
  });
});

test("a submit whose reply is lost is sent again, and makes one job", async () => {
  let lost = 0;
  const careless = connect(async (url, init) => {
    const response = await fetch(url, init);
    if (lost++ > 0) return response;
    await response.text();
    throw new TypeError("the line went dead");
  });
  const before = await client.stats();
  const { jobId, replayed } = await careless.submit("note", {}, { delaySeconds: 3_000 });
  expect({ replayed, tries: lost }).toEqual({ replayed: true, tries: 2 });
  expect((await client.stats()).scheduled).toBe(before.scheduled + 1);
  expect((await client.status(jobId)).status).toBe("pending");
});

test("many jobs are submitted together, in order, all or none", async () => {
  const runAt = new Date(Date.now() + 3_600_000);
  const { jobIds } = await client.submitMany([
    { task: "note", priority: "high", runAt },
    { task: "count", payload: { up_to: 10 }, delaySeconds: 3_000, maxRetries: 0 },
  ]);
  const [mail, count] = await Promise.all(jobIds.map((id) => client.status(id)));
  expect(mail).toMatchObject({ task: "note", priority: "high", runAt });
  expect(count).toMatchObject({ task: "count", maxRetries: 0 });

  const wrong = { task: "note", payload: { to: 1 as unknown as string } } as const;
  const { scheduled } = await client.stats();
  const error = await refusal(client.submitMany([{ task: "note", delaySeconds: 60 }, wrong]));
  expect(error).toMatchObject({ status: 422, code: "invalid_request" });
  expect(error.errors).toEqual([{ pointer: "/jobs/1/payload/to", detail: expect.stringContaining("string") }]);
  expect((await client.stats()).scheduled).toBe(scheduled);
});

test("a job is cancelled, cancelled again, and put back", async () => {
  const { jobId } = await client.submit("note", {}, { delaySeconds: 3_000 });
  expect(await client.cancel(jobId)).toMatchObject({ jobId, status: "cancelled", finishedAt: expect.any(Date) });
  expect(await client.cancel(jobId)).toMatchObject({ status: "cancelled" });
  expect((await client.retry(jobId)).status).not.toBe("cancelled");
  expect((await client.waitFor(jobId)).status).toBe("completed");
  expect(await refusal(client.cancel(jobId))).toMatchObject({
    status: 409,
    code: "job_finished",
    afterLostReply: false,
  });
  expect(await refusal(client.retry(jobId))).toMatchObject({ status: 409, code: "job_not_failed" });
});

test("a retry whose reply is lost does not conflict with itself", async () => {
  const { jobId } = await client.submit("note", {}, { delaySeconds: 3_000 });
  await client.cancel(jobId);
  let calls = 0;
  const careless = connect(async (url, init) => {
    const response = await fetch(url, init);
    return calls++ === 0 ? new Response("<html>", { status: 504 }) : response;
  });
  const job = await careless.retry(jobId);
  expect(job.jobId).toBe(jobId);
  expect(job.status).not.toBe("cancelled");
});

test("progress is reported while the job runs, and a cancellation ends the wait", async () => {
  const { jobId } = await client.submit("count", LONG);
  const seen: Job[] = [];
  let cancelled: Promise<unknown> | undefined;
  const job = await client.waitFor(jobId, {
    onProgress(job) {
      seen.push(job);
      if (job.progress !== undefined) cancelled ??= client.cancel(jobId);
    },
  });
  await cancelled;
  expect(job).toMatchObject({
    status: "cancelled",
    progress: expect.any(Number),
    note: expect.stringMatching(/^\d+ of 900$/),
  });
  expect(new Set(seen.map((job) => JSON.stringify(job))).size).toBe(seen.length);
  expect(seen.at(-1)).toEqual(job);
});

test("a list continues from page to page", async () => {
  const { jobIds } = await client.submitMany(
    Array.from({ length: 5 }, () => ({ task: "count" as const, delaySeconds: 3_000 })),
  );
  await Promise.all(jobIds.map((id) => client.cancel(id)));
  const listed: string[] = [];
  for await (const job of client.list({ status: "cancelled", task: "count", limit: 2 })) {
    expect(job).toMatchObject({ status: "cancelled", task: "count", finishedAt: expect.any(Date) });
    listed.push(job.jobId);
  }
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed).toEqual(expect.arrayContaining(jobIds));

  const { value: first } = await client.list({ status: "cancelled", limit: 2 }).pages().next();
  expect(first).toMatchObject({ jobs: [{}, {}], nextCursor: expect.any(String) });
  const { value: second } = await client
    .list({ status: "cancelled", limit: 2, cursor: first!.nextCursor })
    .pages()
    .next();
  expect(second!.jobs[0]!.jobId).not.toBe(first!.jobs[0]!.jobId);
});

test("jobs that finished since an instant are put back or deleted together, and no older ones", async () => {
  const cancelled = async () => {
    const { jobId } = await client.submit("lazy", {}, { delaySeconds: 3_600 });
    await client.cancel(jobId);
    return client.status(jobId);
  };
  const [older, newer] = [await cancelled(), await cancelled()];
  const since = newer.finishedAt!;
  expect(since > older.finishedAt!).toBe(true);
  const wanted = { status: "cancelled", task: "lazy", since } as const;
  expect(await client.retryMany(wanted)).toEqual({ done: 1, skipped: 0 });
  expect(await client.cancel(newer.jobId)).toMatchObject({ status: "cancelled" });
  expect(await client.deleteMany({ ...wanted, since: since.toISOString() })).toEqual({ done: 1, skipped: 0 });
  expect(await client.status(older.jobId)).toMatchObject({ status: "cancelled" });
  expect((await refusal(client.status(newer.jobId))).code).toBe("job_not_found");
});

test("the pulse looks at what it is told, and at all of it by default", async () => {
  const paths: string[] = [];
  const own = connect((url, init) => {
    paths.push(url.slice(stack.url.length));
    return fetch(url, init);
  });
  expect(await own.pulse({ look: "keys" })).not.toBe(await own.pulse({ look: "totals" }));
  expect(await own.pulse()).toMatch(/^[\w-]{22}$/);
  expect(paths).toEqual(["/pulse?look=keys", "/pulse?look=totals", "/pulse"]);
  expect((await refusal(own.pulse({ look: "some" as "all" }))).code).toBe("invalid_query");
});

test("statistics and health", async () => {
  await client.run("note");
  expect(await client.stats()).toMatchObject({
    ready: { high: expect.any(Number), normal: expect.any(Number), low: expect.any(Number) },
    totals: { completed: expect.any(Number) },
  });
  const { buckets, totals, ...history } = await client.history({ range: "day" });
  expect(history).toMatchObject({ range: "day", bucketSeconds: 3_600, from: expect.any(Date), to: expect.any(Date) });
  expect(buckets.at(-1)).toMatchObject({ at: expect.any(Date), waitMs: { p50: expect.any(Number) } });
  expect(totals.completed).toBeGreaterThan(0);
  await expect(client.health()).resolves.toBeUndefined();
});

test("a refusal by the server is thrown immediately, with its code", async () => {
  const untyped = createClient({ url: stack.url });
  const unknown = await refusal(untyped.submit("no_such_task"));
  expect(unknown).toMatchObject({ status: 422, code: "unknown_task", errors: [{ pointer: "/task" }] });
  expect(unknown.message).toContain("note");
  const nobody = "00000000-0000-4000-8000-000000000000";
  expect(await refusal(client.status(nobody))).toMatchObject({ status: 404, code: "job_not_found", errors: [] });
  expect(await refusal(client.status("../queue-stats?"))).toMatchObject({ status: 400, code: "invalid_job_id" });
  expect(await refusal(client.waitFor(nobody))).toMatchObject({ code: "job_not_found" });
});

test("an address where nothing listens is named in the error", async () => {
  const alone = createClient({ url: "http://127.0.0.1:1", retries: 0 });
  const error = await alone.stats().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(WakeqNetworkError);
  expect((error as Error).message).toContain("http://127.0.0.1:1/queue-stats");
});
