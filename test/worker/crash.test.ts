import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { useProcesses } from "../support/process.ts";
import { job } from "../support/redis.ts";
import { startStage } from "../support/stage.ts";
import { until, useWorkers } from "../support/worker.ts";

const workers = useWorkers();
const processes = useProcesses();
let stage: Awaited<ReturnType<typeof startStage>>;
beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => stage.hold());
afterAll(() => stage?.close());

/** A worker without grace, whose leases last a second. */
function startCrashing(prefix: string, place: string) {
  const { url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN } = workers.redis.local;
  return processes.start("test/support/crashing-worker.ts", {
    ...{ UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, KEY_PREFIX: prefix, CRASH_AT: place },
    ...{ WORKER_PORT: "0", LEASE_SECONDS: "1", SHUTDOWN_GRACE_SECONDS: "0", ALLOW_PRIVATE_ADDRESSES: "true" },
  });
}

const CRASHED = { outcome: "lease_expired" };
const DONE = { outcome: "completed" };

/** Where a worker ends, what the history of its three jobs says of it at last, and how often each of them ran. */
const places: [place: string, attempts: object[], runs: number][] = [
  ["before the claim is sent", [DONE], 1],
  ["before the claim's answer is used", [CRASHED, DONE], 1],
  ["during the run", [CRASHED, DONE], 1],
  ["before the settle is sent", [CRASHED, DONE], 2],
  ["before the settle's answer is used", [DONE], 1],
  ["before the hand-over", [DONE], 2],
];

it.each(places)("a worker that crashes %s loses no job", async (place, attempts, runs) => {
  const { client, prefix, worker, job: read, store } = workers.queue({ leaseMs: 1_000 });
  const payload = JSON.stringify({ url: stage.url, method: "GET" });
  const jobs = Array.from({ length: 3 }, () => job({ task: "http_request", payload }));
  const ids = jobs.map(({ id }) => id);
  await client.submit(jobs);
  const handsOver = place === "before the hand-over";
  if (!handsOver) stage.open();
  const crashing = startCrashing(prefix, place);
  if (handsOver) {
    await until(() => stage.runs.length === 3);
    crashing.kill("SIGTERM");
  }
  expect(await crashing.exited).toEqual({ code: 86, signal: null });
  for (const id of ids) expect(await store.places(id)).toHaveLength(1);

  stage.open();
  const rescuer = worker([httpRequest]);
  await until(async () => {
    await rescuer.drain();
    return (await client.stats()).completed === 3;
  });
  for (const id of ids) {
    expect(await read(id)).toMatchObject({ status: "completed", retries: attempts.length - 1, attempts });
    expect(await store.places(id)).toEqual(["completed"]);
    expect(stage.runs.filter((ran) => ran === id)).toHaveLength(runs);
  }
});

it("a job that kills every worker runs out of attempts", async () => {
  const { client, prefix, worker, job: read } = workers.queue({ leaseMs: 1_000 });
  const a = job({ task: "http_request", payload: JSON.stringify({ url: stage.url }), maxRetries: 1 });
  await client.submit([a]);
  for (const retries of [0, 1]) {
    const crashing = startCrashing(prefix, "during the run");
    expect(await crashing.exited).toEqual({ code: 86, signal: null });
    expect(await read(a.id)).toMatchObject({ status: "processing", retries });
    const takesNothing = { token: `other.${retries}`, count: 0, arrived: false };
    await until(async () => (await client.step({ claim: takesNothing })).claimed?.reclaimed.length === 1);
  }
  expect(await worker([httpRequest]).drain()).toMatchObject({ claimed: 0 });
  expect(await read(a.id)).toMatchObject({ status: "failed", attempts: [CRASHED, CRASHED] });
});
