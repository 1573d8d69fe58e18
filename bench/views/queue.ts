import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import { toNode } from "../../lib/adapters/to-node.ts";
import { defineQueue } from "../../lib/define/define-queue.ts";
import type { NewJob } from "../../lib/queue/job.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { defineTask } from "../../lib/tasks.ts";
import { startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";

/** How many jobs of each kind a queue has. */
export interface QueueSize {
  waiting: number;
  completed: number;
  failed: number;
}

const BATCH = 100;
const task = defineTask({ name: "note", input: z.object({}), run: () => "noted" });

/** Starts a Redis with a queue of this size, and serves its API and its dashboard. */
export async function openQueue({ waiting, completed, failed }: QueueSize) {
  const local = await startLocalRedis();
  await fill(new WorkerQueue(connectRedis(local)), { waiting, completed, failed });
  const everything = { name: "bench", scopes: ["admin"] as const };
  const queue = defineQueue({
    tasks: [task],
    redis: { url: local.url, token: local.token },
    authorize: () => everything,
    schedules: [{ name: "nightly", task, payload: {}, cron: "0 3 * * *" }],
  });
  const server = createServer(toNode(queue)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await local.stop();
    },
  };
}

async function fill(queue: WorkerQueue, { waiting, completed, failed }: QueueSize): Promise<void> {
  for (let done = 0; done < completed + failed; done += BATCH) {
    const token = `bench.${done / BATCH}`;
    await queue.submit(Array.from({ length: BATCH }, newJob));
    const { claimed } = await queue.step({ claim: { token, count: BATCH, arrived: true } });
    const error = { error: "Error", message: `the warehouse answered with ${500 + ((done / BATCH) % 20)}` };
    const settle = claimed!.jobs.map(({ job: { id } }) =>
      done < completed
        ? { id, token, outcome: "completed" as const }
        : { id, token, outcome: "failed" as const, ...error },
    );
    await queue.step({ settle });
  }
  for (let sent = 0; sent < waiting; sent += BATCH) await queue.submit(Array.from({ length: BATCH }, newJob));
}

const newJob = (): NewJob => ({
  id: crypto.randomUUID(),
  task: "note",
  priority: "normal",
  maxRetries: 3,
  createdAt: Date.now(),
  payload: "{}",
});
