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

/** A worker without grace that ends at `place`. */
function startCrashing(prefix: string, place: string) {
  const { url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN } = workers.redis.local;
  return processes.start("test/support/crashing-worker.ts", {
    UPSTASH_REDIS_REST_URL,
    UPSTASH_REDIS_REST_TOKEN,
    KEY_PREFIX: prefix,
    CRASH_AT: place,
    WORKER_PORT: "0",
    SHUTDOWN_GRACE_SECONDS: "0",
  });
}

/** As if the leases had run out: Redis' clock cannot be moved, but the leases can. */
async function passLeases(key: string) {
  const { redis } = workers.redis;
  for (const member of (await redis.zrange(key, 0, -1)) as string[]) await redis.zadd(key, { score: 1, member });
}

const CRASHED = { outcome: "lease_expired", counted: false };
const CRASHED_ALONE = { outcome: "lease_expired", alone: true };
const DONE = { outcome: "completed" };

/** Where a worker ends; what the history of an unsettled job then says; and how often such a job ran. */
const places: [place: string, attempts: object[], runs: number][] = [
  ["before it sends the claim", [DONE], 1],
  ["before it uses the claim's answer", [CRASHED, DONE], 1],
  ["during the run", [CRASHED, DONE], 1],
  ["before it sends the settle", [CRASHED, DONE], 2],
  ["before it uses the settle's answer", [CRASHED, DONE], 2],
  ["before the hand-over", [DONE], 2],
];

test.each(places)("a worker that crashes %s loses no job", async (place, attempts, runs) => {
  const { client, prefix, keys, worker, job: read, store } = workers.queue();
  const payload = JSON.stringify({ url: stage.url });
  const jobs = Array.from({ length: 3 }, () => job({ task: "call", payload }));
  const ids = jobs.map(({ id }) => id);
  await client.submit(jobs);
  const handsOver = place === "before the hand-over";
  if (!handsOver) stage.open();
  const crashing = startCrashing(prefix, place);
  if (handsOver) {
    await until(() => stage.runs.length === 3);
    crashing.kill("SIGTERM");
  }
  expect(await crashing.exited).toEqual({ code: null, signal: "SIGKILL" });
  for (const id of ids) expect(await store.places(id)).toHaveLength(1);
  const settled = new Set<string>();
  for (const id of ids) if ((await read(id)).status === "completed") settled.add(id);
  expect(settled.size > 0).toBe(place === "before it uses the settle's answer");

  stage.open();
  await passLeases(keys.leases);
  await worker([call]).drain();
  for (const id of ids) {
    const expected = settled.has(id) ? [DONE] : attempts;
    expect(await read(id)).toMatchObject({ status: "completed", retries: 0, attempts: expected });
    expect(await store.places(id)).toEqual(["completed"]);
    expect(stage.runs.filter((ran) => ran === id)).toHaveLength(settled.has(id) ? 1 : runs);
  }
});

test("a job that kills every worker runs out of attempts", async () => {
  const { client, prefix, keys, worker, job: read } = workers.queue();
  const a = job({ task: "call", payload: JSON.stringify({ url: stage.url }), maxRetries: 1 });
  await client.submit([a]);
  for (const retries of [0, 0, 1]) {
    const crashing = startCrashing(prefix, "during the run");
    expect(await crashing.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(await read(a.id)).toMatchObject({ status: "processing", retries });
    await passLeases(keys.leases);
  }
  const { claimed } = await client.step({ claim: { token: "other.1", count: 0, arrived: false } });
  expect(claimed?.reclaimed).toEqual([{ id: a.id, status: "failed" }]);
  expect(await worker([call]).drain()).toMatchObject({ claimed: 0 });
  expect(await read(a.id)).toMatchObject({ status: "failed", attempts: [CRASHED, CRASHED_ALONE, CRASHED_ALONE] });
});
