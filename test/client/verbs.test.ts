import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type Job, JobFailedError, WakeqError, WakeqNetworkError } from "../../client/index.ts";
import type { taskList } from "../../tasks/index.ts";
import { removeData, startTestStack, type TestStack } from "../support/stack.ts";
import { readmeExample } from "./readme-example.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LONG = { up_to: 900_000_000, rest_ms: 1_000 };

let stack: TestStack;
let client: ReturnType<typeof connect>;
beforeAll(async () => {
  stack = await startTestStack();
  client = connect();
});
afterAll(() => removeData(stack));

function connect(fetch?: (url: string, init: RequestInit) => Promise<Response>) {
  return createClient<typeof taskList>({ url: `${stack.url}/`, fetch });
}

async function refusal(call: Promise<unknown>): Promise<WakeqError> {
  const error = await call.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(WakeqError);
  return error as WakeqError;
}

test("a submitted job is waited for, and its result is what the task returned", async () => {
  const { jobId, replayed } = await client.submit("send_email", { to: "ada@example.com" }, { maxRetries: 1 });
  expect(jobId).toMatch(UUID);
  expect(replayed).toBe(false);

  const job = await client.waitFor(jobId);
  expect(job).toMatchObject({ jobId, task: "send_email", status: "completed", retries: 0, maxRetries: 1 });
  expect(job.result).toEqual({ message_id: `<${jobId}@wakeq>`, simulated: true });
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
    "count_primes",
    { up_to: 1_000, rest_ms: 0 },
    { onProgress: ({ status }) => seen.push(status) },
  );
  expect(result).toEqual({ primes: 168 });
  expect(seen.at(-1)).toBe("completed");
});

test("run throws the job that failed", async () => {
  const error = await client.run("http_request", { url: `${stack.url}/nowhere` }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(JobFailedError);
  const { job, message } = error as JobFailedError;
  expect(job).toMatchObject({ status: "failed", task: "http_request" });
  expect(message).toContain("answered with 404");
});

test("the same key gives the same job, with another body a refusal", async () => {
  const options = { idempotencyKey: "once", delaySeconds: 3_000 };
  const first = await client.submit("send_email", {}, options);
  expect(await client.submit("send_email", {}, options)).toEqual({ jobId: first.jobId, replayed: true });
  expect(await refusal(client.submit("send_email", { to: "b@example.com" }, options))).toMatchObject({
    status: 422,
    code: "idempotency_key_reused",
  });
});

test("a reply that is lost is asked for again, and there is one job", async () => {
  let lost = 0;
  const careless = connect(async (url, init) => {
    const response = await fetch(url, init);
    if (lost++ > 0) return response;
    await response.text();
    throw new TypeError("the line went dead");
  });
  const before = await client.stats();
  const { jobId, replayed } = await careless.submit("send_email", {}, { delaySeconds: 3_000 });
  expect({ replayed, tries: lost }).toEqual({ replayed: true, tries: 2 });
  expect((await client.stats()).scheduled).toBe(before.scheduled + 1);
  expect((await client.status(jobId)).status).toBe("pending");
});

test("many are submitted at once, in their order, all or none", async () => {
  const runAt = new Date(Date.now() + 3_600_000);
  const { jobIds } = await client.submitMany([
    { task: "send_email", priority: "high", runAt },
    { task: "count_primes", payload: { up_to: 10 }, delaySeconds: 3_000, maxRetries: 0 },
  ]);
  const [mail, primes] = await Promise.all(jobIds.map((id) => client.status(id)));
  expect(mail).toMatchObject({ task: "send_email", priority: "high", runAt });
  expect(primes).toMatchObject({ task: "count_primes", maxRetries: 0 });

  const wrong = { task: "send_email", payload: { to: 1 as unknown as string } } as const;
  const { scheduled } = await client.stats();
  const error = await refusal(client.submitMany([{ task: "send_email", delaySeconds: 60 }, wrong]));
  expect(error).toMatchObject({ status: 422, code: "invalid_request" });
  expect(error.errors).toEqual([{ pointer: "/jobs/1/payload/to", detail: expect.stringContaining("string") }]);
  expect((await client.stats()).scheduled).toBe(scheduled);
});

test("a job is cancelled, cancelled again, and put back", async () => {
  const { jobId } = await client.submit("send_email", {}, { delaySeconds: 3_000 });
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

test("a retry whose reply is lost is no conflict with itself", async () => {
  const { jobId } = await client.submit("send_email", {}, { delaySeconds: 3_000 });
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

test("progress is told while the job runs, and a cancellation ends the wait", async () => {
  const { jobId } = await client.submit("count_primes", LONG);
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
    note: expect.stringContaining("primes"),
  });
  expect(new Set(seen.map((job) => JSON.stringify(job))).size).toBe(seen.length);
  expect(seen.at(-1)).toEqual(job);
});

test("a list goes from page to page", async () => {
  const { jobIds } = await client.submitMany(
    Array.from({ length: 5 }, () => ({ task: "count_primes" as const, delaySeconds: 3_000 })),
  );
  await Promise.all(jobIds.map((id) => client.cancel(id)));
  const listed: string[] = [];
  for await (const job of client.list({ status: "cancelled", task: "count_primes", limit: 2 })) {
    expect(job).toMatchObject({ status: "cancelled", task: "count_primes", finishedAt: expect.any(Date) });
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

test("statistics and health", async () => {
  await client.run("send_email");
  expect(await client.stats()).toMatchObject({
    ready: { high: expect.any(Number), normal: expect.any(Number), low: expect.any(Number) },
    totals: { completed: expect.any(Number) },
  });
  await expect(client.health()).resolves.toBeUndefined();
});

test("what the server refuses is thrown with its code, at once", async () => {
  const untyped = createClient({ url: stack.url });
  const unknown = await refusal(untyped.submit("no_such_task"));
  expect(unknown).toMatchObject({ status: 422, code: "unknown_task", errors: [{ pointer: "/task" }] });
  expect(unknown.message).toContain("send_email");
  const nobody = "00000000-0000-4000-8000-000000000000";
  expect(await refusal(client.status(nobody))).toMatchObject({ status: 404, code: "job_not_found", errors: [] });
  expect(await refusal(client.status("../queue-stats?"))).toMatchObject({ status: 400, code: "invalid_job_id" });
  expect(await refusal(client.waitFor(nobody))).toMatchObject({ code: "job_not_found" });
});

test("where nobody listens, that is what it says", async () => {
  const alone = createClient({ url: "http://127.0.0.1:1", retries: 0 });
  const error = await alone.stats().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(WakeqNetworkError);
  expect((error as Error).message).toContain("http://127.0.0.1:1/queue-stats");
});

test("the README's example runs", async () => {
  const file = join(stack.dataDir, "example.mjs");
  await build({
    stdin: { contents: await readmeExample(), loader: "ts", resolveDir: import.meta.dirname },
    alias: { "wakeq/client": join(import.meta.dirname, "../../client/index.ts") },
    ...{ bundle: true, platform: "node", format: "esm", outfile: file },
  });
  const env = { ...process.env, WAKEQ_URL: stack.url };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
  expect(stdout.trim().split("\n").at(-1)).toBe("78498");
});
