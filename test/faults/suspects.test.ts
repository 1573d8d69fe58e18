import { expect, test, vi } from "vitest";
import { useProcesses } from "../support/process.ts";
import { job } from "../support/redis.ts";
import { until, useWorkers } from "../support/worker.ts";

vi.setConfig({ testTimeout: 120_000 });
const workers = useWorkers();
const processes = useProcesses();

/** Runs one worker after another, each until it dies or nothing is left, as a platform restarts them. */
async function runAll(queue: ReturnType<typeof workers.queue>, concurrency: number) {
  const { url, token } = workers.redis.local;
  const isDone = async () => {
    const { ready, suspects, scheduled, processing } = await queue.client.stats();
    return ready.high + ready.normal + ready.low + suspects + scheduled + processing === 0;
  };
  let crashes = 0;
  for (;;) {
    const worker = processes.start("test/faults/odd-worker.ts", {
      UPSTASH_REDIS_REST_URL: url,
      UPSTASH_REDIS_REST_TOKEN: token,
      KEY_PREFIX: queue.prefix,
      WORKER_PORT: "0",
      WORKER_CONCURRENCY: String(concurrency),
      NODE_OPTIONS: "--max-old-space-size=100",
    });
    let died = false;
    void worker.exited.then(() => {
      died = true;
    });
    await until(async () => died || (await isDone()));
    if (!died) return crashes;
    crashes++;
    // As if the leases had run out: Redis' clock cannot be moved, but the leases can.
    const held = (await workers.redis.redis.zrange(queue.keys.leases, 0, -1)) as string[];
    for (const member of held) await workers.redis.redis.zadd(queue.keys.leases, { score: 1, member });
  }
}

test.each([
  { name: "seven neighbours", neighbours: 7, poison: ["kills_its_process"], maxRetries: 3, concurrency: 10, most: 6 },
  {
    name: "fifty neighbours, two poison jobs",
    neighbours: 50,
    poison: ["kills_its_process", "kills_its_process"],
    maxRetries: 1,
    concurrency: 60,
    most: 8,
  },
  {
    name: "a process that was out of memory",
    neighbours: 7,
    poison: ["exhausts_its_memory"],
    maxRetries: 1,
    concurrency: 10,
    most: 4,
  },
])(
  "a crash costs only the job that caused it: $name",
  async ({ neighbours, poison, maxRetries, concurrency, most }) => {
    const queue = workers.queue();
    const bad = poison.map((task) => job({ task, maxRetries }));
    const good = Array.from({ length: neighbours }, () => job({ task: "takes_a_while", maxRetries: 0 }));
    await queue.client.submit([...good.slice(0, 3), ...bad, ...good.slice(3)]);
    expect(await runAll(queue, concurrency)).toBeLessThanOrEqual(most);

    for (const { id } of good) {
      const { status, retries, attempts } = await queue.job(id);
      expect({ status, retries }).toEqual({ status: "completed", retries: 0 });
      const crashes = attempts.slice(0, -1);
      expect(crashes.every(({ outcome, counted }) => outcome === "lease_expired" && counted === false)).toBe(true);
      expect(crashes.length).toBeLessThanOrEqual(2); // at most two more leases
    }
    for (const { id } of bad) {
      const { status, retries, attempts } = await queue.job(id);
      expect({ status, retries }).toEqual({ status: "failed", retries: maxRetries });
      const counted = attempts.filter((attempt) => attempt.counted !== false);
      expect(counted).toHaveLength(maxRetries + 1);
      expect(counted.every(({ alone, message }) => alone === true && /ran alone$/.test(message ?? ""))).toBe(true);
    }
  },
);
