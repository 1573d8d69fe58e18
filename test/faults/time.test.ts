import { afterEach, expect, test, vi } from "vitest";
import { post, useApi } from "../support/api.ts";
import { useProcesses } from "../support/process.ts";
import { job } from "../support/redis.ts";
import { startStage } from "../support/stage.ts";
import { call } from "../support/tasks.ts";
import { startWorker, until } from "../support/worker.ts";

vi.setConfig({ testTimeout: 90_000 });
const api = useApi();
const processes = useProcesses();
afterEach(() => void vi.restoreAllMocks());

const MINUTES = 60_000;

function environment(prefix: string, more: Record<string, string> = {}) {
  const { url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN } = api.redis.local;
  return { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, KEY_PREFIX: prefix, WORKER_PORT: "0", ...more };
}

const clocks: [string, client: number, worker: number][] = [
  ["the client's clock is ten minutes fast, the worker's ten minutes slow", 10 * MINUTES, -10 * MINUTES],
  ["the client's clock is ten minutes slow, the worker's ten minutes fast", -10 * MINUTES, 10 * MINUTES],
];
test.each(clocks)("wrong clocks change nothing: %s", async (_, client, worker) => {
  const { call, queue, prefix } = await api.deploy();
  const now = Date.now.bind(Date);
  const before = now();
  vi.spyOn(Date, "now").mockImplementation(() => now() + client);
  const submitted = await call(post("/submit-job", { task: "note", delay_seconds: 1 }));
  const [plain, moody, long] = ["echo", "moody", "long"].map((task) => job({ task, createdAt: Date.now() }));
  await queue.submit([plain!, moody!, long!]);
  vi.restoreAllMocks();
  const delayed = submitted.body.job_id as string;

  const odd = processes.start(
    "test/faults/odd-worker.ts",
    environment(prefix, { LEASE_SECONDS: "2", CLOCK_OFFSET_MS: String(worker) }),
  );
  await odd.url();
  await until(async () => (await queue.stats()).completed === 3);
  const jobs = await Promise.all([plain!.id, moody!.id, long!.id].map(async (id) => (await queue.status(id))!.job));
  expect(jobs.map(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual([
    ["completed"],
    ["failed", "completed"],
    ["completed"],
  ]);
  // The times in a history come from Redis' clock, which here is the machine's.
  const after = now();
  for (const { startedAt, endedAt } of jobs.flatMap(({ attempts }) => attempts)) {
    expect(startedAt).toBeGreaterThanOrEqual(before);
    expect(endedAt).toBeLessThanOrEqual(after);
  }
  // This worker does not know the delayed job's task, so the record shows when the job was due.
  await until(async () => (await queue.status(delayed))!.job.unknownSince !== undefined);
  expect((await queue.status(delayed))!.job.unknownSince! - before).toBeGreaterThanOrEqual(1_000);
});

test("a worker that was frozen past its lease cannot change the job, and logs that it lost it", async () => {
  const { queue, prefix } = await api.deploy();
  const stage = await startStage();
  const a = job({ task: "call", payload: JSON.stringify({ url: stage.url, method: "GET" }) });
  await queue.submit([a]);
  const frozen = processes.start("bin/worker.ts", environment(prefix, { LEASE_SECONDS: "1" }));
  await until(() => stage.runs.length === 1);
  frozen.kill("SIGSTOP");

  stage.open();
  const other = startWorker(queue, [call]);
  await until(async () => (await other.drain()).completed === 1);
  const settled = await queue.status(a.id);
  frozen.kill("SIGCONT");
  await until(() => frozen.lines.some(({ event, job_id }) => event === "lost" && job_id === a.id));
  await until(() => frozen.lines.some(({ event, lost }) => event === "drain" && lost === 1));
  expect(await queue.status(a.id)).toEqual(settled);
  expect(settled!.job).toMatchObject({
    status: "completed",
    retries: 0,
    attempts: [
      { outcome: "lease_expired", counted: false },
      { outcome: "completed", worker: other.name },
    ],
  });
  expect((await queue.stats()).totals).toMatchObject({ completed: 1, lease_expired: 1 });
  await stage.close();
});
