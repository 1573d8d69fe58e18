import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { useProcesses } from "../support/process.ts";
import { job } from "../support/redis.ts";
import { startStage } from "../support/stage.ts";
import { call } from "../support/tasks.ts";
import { until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const processes = useProcesses();
let stage: Awaited<ReturnType<typeof startStage>>;
beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => stage.hold());
afterAll(() => stage?.close());

const calls = (count: number) =>
  Array.from({ length: count }, () =>
    job({ task: "call", payload: JSON.stringify({ url: stage.url, method: "GET" }) }),
  );

/** The settings that bin/worker.ts needs to work on a queue. */
function environment(prefix: string, more: Record<string, string> = {}) {
  const { url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN } = workers.redis.local;
  return { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, KEY_PREFIX: prefix, WORKER_PORT: "0", ...more };
}

const invoke = (url: string) =>
  fetch(`${url}/2015-03-31/functions/worker/invocations`, { method: "POST", body: '{"source":"submit"}' });

test("runs the ready jobs as it starts, sleeps, is woken by an Invoke call, and exits with 0 on SIGTERM", async () => {
  const { client, prefix, job: read } = workers.queue();
  stage.open();
  const [first, second] = calls(2) as [ReturnType<typeof job>, ReturnType<typeof job>];
  await client.submit([first]);
  const worker = processes.start("bin/worker.ts", environment(prefix));
  const url = await worker.url();
  await until(async () => (await read(first.id)).status === "completed");
  await until(() => worker.lines.some(({ event }) => event === "drain"));

  await client.submit([second]);
  expect((await invoke(url)).status).toBe(202);
  await until(async () => (await read(second.id)).status === "completed");
  const health = await fetch(`${url}/health`);
  expect(health.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await health.json()).toEqual({ status: "pass" });
  expect((await fetch(`${url}/else`)).status).toBe(404);

  worker.kill("SIGTERM");
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(worker.lines.at(-1)).toMatchObject({ event: "worker_ended" });
});

test("ends in order when its terminal closes, even if the shell and npm send the signal again", async () => {
  const { prefix } = workers.queue();
  const worker = processes.start("bin/worker.ts", environment(prefix));
  await worker.url();
  worker.kill("SIGHUP");
  worker.kill("SIGHUP");
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(worker.lines.at(-1)).toMatchObject({ event: "worker_ended" });
});

test("lets a job finish within the grace when it is told to end", async () => {
  const { client, prefix, job: read } = workers.queue();
  const [a] = calls(1) as [ReturnType<typeof job>];
  await client.submit([a]);
  const worker = processes.start("bin/worker.ts", environment(prefix, { SHUTDOWN_GRACE_SECONDS: "600" }));
  const url = await worker.url();
  await until(() => stage.runs.length === 1);
  worker.kill("SIGTERM");
  await until(() =>
    fetch(`${url}/health`).then(
      () => false,
      () => true,
    ),
  );
  stage.open();
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(await read(a.id)).toMatchObject({ status: "completed", retries: 0 });
});

test("gives its jobs back with their attempts unspent when the grace is over", async () => {
  const { client, prefix, job: read, store } = workers.queue();
  const jobs = calls(3);
  await client.submit(jobs);
  const worker = processes.start("bin/worker.ts", environment(prefix, { SHUTDOWN_GRACE_SECONDS: "0" }));
  await until(() => stage.runs.length === 3);
  worker.kill("SIGTERM");
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  for (const { id } of jobs) expect(await read(id)).toMatchObject({ status: "pending", retries: 0 });
  expect(await store.ready()).toEqual(jobs.map(({ id }) => id));
});

test("loses none of ten running jobs when it is killed: all complete after their leases, with the crash in their history", async () => {
  const leaseMs = 1_000;
  const { client, prefix, job: read, worker: another } = workers.queue({ leaseMs });
  const jobs = calls(10);
  await client.submit(jobs);
  const killed = processes.start("bin/worker.ts", environment(prefix, { LEASE_SECONDS: "1" }));
  await until(() => stage.runs.length === 10);
  killed.kill("SIGKILL");
  expect(await killed.exited).toEqual({ code: null, signal: "SIGKILL" });

  stage.open();
  const rescuer = processes.start("bin/worker.ts", environment(prefix, { LEASE_SECONDS: "1" }));
  const url = await rescuer.url();
  await until(async () => {
    await invoke(url);
    return (await client.stats()).completed === 10;
  });
  for (const { id } of jobs) {
    const { status, retries, attempts } = await read(id);
    expect({ status, retries }).toEqual({ status: "completed", retries: 0 });
    expect(attempts).toMatchObject([{ outcome: "lease_expired", counted: false }, { outcome: "completed" }]);
  }
  expect(stage.runs.toSorted()).toEqual(jobs.flatMap(({ id }) => [id, id]).toSorted());
  expect(await another([call]).drain()).toMatchObject({ claimed: 0 });
});

test("says which settings are wrong and exits with 1", async () => {
  const worker = processes.start("bin/worker.ts", { WORKER_CONCURRENCY: "many" });
  expect(await worker.exited).toEqual({ code: 1, signal: null });
  const said = worker.output.join("\n");
  for (const name of ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN", "WORKER_CONCURRENCY"])
    expect(said).toContain(name);
});

test("says that its port is taken and exits with 1", async () => {
  const { prefix } = workers.queue();
  const port = new URL(stage.url).port;
  const worker = processes.start("bin/worker.ts", environment(prefix, { WORKER_PORT: port }));
  expect(await worker.exited).toEqual({ code: 1, signal: null });
  expect(worker.output.join("\n")).toMatch(/EADDRINUSE/);
});
