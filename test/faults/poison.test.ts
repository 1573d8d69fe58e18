import { expect, test, vi } from "vitest";
import { useProcesses } from "../support/process.ts";
import { job } from "../support/redis.ts";
import { task, until, useWorkers } from "../support/worker.ts";

vi.setConfig({ testTimeout: 90_000 });
const workers = useWorkers();
const processes = useProcesses();
const echo = task("echo", () => "well");

function startOdd(prefix: string, more: Record<string, string> = {}) {
  const { url: UPSTASH_REDIS_REST_URL, token: UPSTASH_REDIS_REST_TOKEN } = workers.redis.local;
  return processes.start("test/faults/odd-worker.ts", {
    UPSTASH_REDIS_REST_URL,
    UPSTASH_REDIS_REST_TOKEN,
    KEY_PREFIX: prefix,
    WORKER_PORT: "0",
    LEASE_SECONDS: "1",
    NODE_OPTIONS: "--max-old-space-size=100",
    ...more,
  });
}

const CRASHED = {
  outcome: "lease_expired",
  counted: false,
  error: "LeaseExpired",
  message: /crashed, froze or ran out of time or memory/,
};

/** What a job does to its worker, and what the job's history then says. */
const poisons: [harm: string, attempt: { outcome?: string; counted?: boolean; error: string; message: RegExp }][] = [
  ["ends its process", { error: "ProcessExit", message: /called process.exit\(7\)/ }],
  ["exhausts its memory", CRASHED],
  ["blocks", CRASHED],
  ["throws in a timer", { error: "RangeError", message: /^in a timer$/ }],
  ["leaves a promise that rejects", { error: "Error", message: /^nobody waits for this$/ }],
  ["never ends", { error: "Timeout", message: /no end after 500 ms/ }],
  ["ignores its signal", { error: "Timeout", message: /no end after 500 ms/ }],
  ["throws a number", { error: "NonError", message: /^42$/ }],
  ["throws null", { error: "NonError", message: /^null$/ }],
  ["returns a bigint", { error: "NonRetriableError", message: /JSON cannot hold its result/ }],
  [
    "returns an object with a map inside",
    { error: "NonRetriableError", message: /its result: result\[0\]\.totals: an instance of Map is not JSON/ },
  ],
  ["returns a circular object", { error: "NonRetriableError", message: /JSON cannot hold its result/ }],
  ["returns 10 megabytes", { error: "NonRetriableError", message: /10000002 bytes, more than 262144/ }],
];

test.each(poisons)("a job that %s says why in its history, and its neighbours complete", async (harm, attempt) => {
  const { client, prefix, worker, job: read, store } = workers.queue({ leaseMs: 1_000 });
  const poison = job({ task: harm.replaceAll(" ", "_"), maxRetries: 0 });
  const neighbours = Array.from({ length: 3 }, () => job({ task: "echo" }));
  await client.submit([neighbours[0]!, poison, ...neighbours.slice(1)]);
  const odd = startOdd(prefix);
  await until(async () => (await client.stats()).ready.normal === 0);

  // The next worker takes back the jobs of the dead one, and runs them without harm.
  const rescuer = worker([echo, task(poison.task, () => "rescued")]);
  await until(async () => {
    await rescuer.drain();
    const { completed, failed } = await client.stats();
    return completed + failed === 4;
  });
  const { outcome = "failed", message, ...rest } = attempt;
  const wasRescued = attempt === CRASHED;
  const ended = { attempt: 1, outcome, ...rest, message: expect.stringMatching(message) };
  expect(await read(poison.id)).toMatchObject({
    status: wasRescued ? "completed" : "failed",
    retries: 0,
    attempts: wasRescued ? [ended, { attempt: 1, outcome: "completed" }] : [ended],
  });
  expect(await store.places(poison.id)).toEqual([wasRescued ? "completed" : "failed"]);
  for (const { id } of neighbours) expect(await read(id)).toMatchObject({ status: "completed", result: "well" });
  if (harm === "throws in a timer" || harm === "leaves a promise that rejects") {
    expect(await odd.exited).toMatchObject({ code: 1 });
    const crash = { level: "error", event: "crash", job_id: poison.id, task: poison.task, error: attempt.error };
    expect(odd.lines).toContainEqual(
      expect.objectContaining({ ...crash, stack: expect.stringContaining("odd-worker") }),
    );
    for (const { id } of neighbours) expect((await read(id)).attempts).toHaveLength(1);
  }
  if (harm === "blocks")
    await until(() => odd.lines.some(({ event, job_id }) => event === "lost" && job_id === poison.id));
});
