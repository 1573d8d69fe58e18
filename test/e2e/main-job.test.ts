import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { JobView } from "../../lib/routes/described/job-view.ts";
import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";
import { until } from "../support/stack.ts";

const ROOT = join(import.meta.dirname, "../..");
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let stack: BorrowedStack;
beforeAll(async () => {
  stack = await borrowStack();
});
afterAll(() => stack?.giveBack());

async function submit(body: unknown): Promise<string> {
  const response = await fetch(`${stack.url}/submit-job`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { job_id: string }).job_id;
}

async function status(id: string): Promise<JobView> {
  return (await (await fetch(`${stack.url}/job-status/${id}`)).json()) as JobView;
}

const isFinished = ({ status }: JobView) => ["completed", "failed", "cancelled"].includes(status);

async function redisCli(...command: string[]): Promise<unknown> {
  const backend = connectBackend({ url: stack.redis!.url });
  try {
    const reply = await backend.send(command);
    return Buffer.isBuffer(reply) ? reply.toString() : reply;
  } finally {
    await backend.close();
  }
}

test("a job goes from curl to completed without a tick", async () => {
  // As curl -d sends it: its content type says that it is a form.
  const response = await fetch(`${stack.url}/submit-job`, {
    method: "POST",
    body: '{"task":"note"}',
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect(response.status).toBe(202);
  const { job_id } = (await response.json()) as { job_id: string };
  expect(job_id).toMatch(UUID);
  expect(response.headers.get("location")).toBe(`/job-status/${job_id}`);

  const done = await until(() => status(job_id), isFinished);
  expect(done).toMatchObject({
    job_id,
    task: "note",
    status: "completed",
    retries: 0,
    max_retries: 3,
    priority: "normal",
  });
  expect(done.result).toEqual({ noted: job_id, for: "somebody@example.com" });
  expect(done.attempts).toEqual([expect.objectContaining({ attempt: 1, outcome: "completed" })]);
  expect(done).not.toHaveProperty("token");
});

test("a base64 body, as API Gateway makes it of curl's request, is decoded", async () => {
  const event = {
    version: "2.0",
    rawPath: "/submit-job",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from('{"task":"note"}').toString("base64"),
    isBase64Encoded: true,
    requestContext: { http: { method: "POST" } },
  };
  const invoked = await fetch(`${stack.lambdaUrl}/2015-03-31/functions/wakeq-test-submitJob/invocations`, {
    method: "POST",
    body: JSON.stringify(event),
  });
  const answer = (await invoked.json()) as { statusCode: number; body: string };
  expect(answer.statusCode).toBe(202);
  const { job_id } = JSON.parse(answer.body) as { job_id: string };
  expect((await until(() => status(job_id), isFinished)).status).toBe("completed");
});

test("Redis holds the list, the record and the zsets that the design names", async () => {
  const later = await submit({ task: "note", delay_seconds: 3_000, priority: "high" });
  expect(await redisCli("TYPE", "job_queue:scheduled")).toMatchObject({ text: "zset" });
  expect(JSON.parse(String(await redisCli("GET", `job:${later}`)))).toMatchObject({
    job_id: later,
    task: "note",
    status: "pending",
    retries: 0,
    max_retries: 3,
    priority: "high",
    run_at: expect.any(Number),
  });

  const running = await submit({ task: "count", payload: { up_to: 900, rest_ms: 1_000 } });
  await until(
    () => status(running),
    (job) => job.status === "processing" && job.progress !== undefined,
  );
  expect(Number(await redisCli("ZSCORE", "job_queue:leases", running))).toBeGreaterThan(Date.now());

  const done = await submit({ task: "note" });
  await until(() => status(done), isFinished);
  expect(await redisCli("ZSCORE", "job_queue:completed", done)).toBeTruthy();
  expect(await redisCli("ZSCORE", "job_queue:leases", done)).toBeNull();
});

test("a task calls back into a running system", async () => {
  const id = await submit({
    task: "call",
    payload: { url: `${stack.url}/submit-job`, body: { task: "note" } },
  });
  const done = await until(() => status(id), isFinished);
  const { status: answered, body } = done.result as { status: number; body: string };
  expect(answered).toBe(202);
  const { job_id } = JSON.parse(body) as { job_id: string };
  expect((await until(() => status(job_id), isFinished)).status).toBe("completed");
});

test("a task that throws NonRetriableError fails immediately, with its error", async () => {
  const id = await submit({ task: "call", payload: { url: `${stack.url}/nowhere` } });
  const failed = await until(() => status(id), isFinished);
  expect(failed).toMatchObject({ status: "failed", retries: 0, error: expect.stringContaining("answered with 404") });
});

test("sls invoke local drains the queue and prints the summary", async () => {
  // Submitted without a wake-up: only the invocation below will see it.
  await redisCli("SET", "job_queue:wake", "elsewhere", "PX", "60000");
  const id = await submit({ task: "note" });
  const workDir = `.esbuild-invoke-${stack.redis!.port}`;
  onTestFinished(() => rm(join(stack.service, workDir), { recursive: true, force: true }));
  const environment = {
    ...process.env,
    UPSTASH_REDIS_REST_URL: stack.rest.url,
    UPSTASH_REDIS_REST_TOKEN: stack.rest.token,
    SLS_WORK_DIR: workDir,
    LOG_LEVEL: "warn",
    LINGER_SECONDS: "1",
  };
  const serverless = join(ROOT, "node_modules/serverless/bin/serverless.js");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [serverless, "invoke", "local", "-f", "worker", "--stage", "test", "-d", "{}"],
    { cwd: stack.service, env: environment },
  );
  expect(JSON.parse(stdout)).toEqual({
    claimed: 1,
    completed: 1,
    retried: 0,
    failed: 0,
    released: 0,
    cancelled: 0,
    lost: 0,
    stopped: "empty",
  });
  expect((await status(id)).status).toBe("completed");
}, 60_000);
