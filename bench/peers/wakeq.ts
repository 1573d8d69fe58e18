import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { nextToken } from "../../lib/adapters/invocation.ts";
import { startService } from "../../lib/adapters/service.ts";
import { createApp } from "../../lib/app/app.ts";
import { createWorkerApp } from "../../lib/app/worker-app.ts";
import { readConfig } from "../../lib/config/config.ts";
import type { NewJob } from "../../lib/queue/job.ts";
import { JobQueue } from "../../lib/queue/job-queue.ts";
import { defineTask, indexTasks } from "../../lib/tasks.ts";
import { drain } from "../../lib/worker/drain.ts";
import type { StoreAddress } from "../store.ts";
import { type MeasuredTask, type Peer, payloadOf } from "./peer.ts";

/** Connects wakeq with its defaults, over HTTP. */
export async function connectWakeq(payloadBytes: number, { rest }: StoreAddress): Promise<Peer> {
  const environment = {
    UPSTASH_REDIS_REST_URL: rest.url,
    UPSTASH_REDIS_REST_TOKEN: rest.token,
    LOG_LEVEL: "silent",
    WORKER_FUNCTION_NAME: "worker",
    WORKER_PORT: "0",
  };
  const app = createWorkerApp(
    readConfig(environment),
    tasksOf(() => undefined),
  );
  const { queue, log } = app;
  const given = payloadOf(payloadBytes);
  const payload = given ? { payload: JSON.stringify(given) } : {};

  return {
    submit: (count) => queue.submit(Array.from({ length: count }, () => newJob(payload))),
    async work(run, workers, concurrency) {
      const tasks = tasksOf(run);
      const parts = { queue, tasks, log, nextToken, concurrency, wake: async () => {} };
      const life = { remainingMs: () => Number.POSITIVE_INFINITY };
      const drains = Array.from({ length: workers }, () => drain(parts, life));
      return () => Promise.all(drains);
    },
    async listen(completed) {
      const step = queue.step.bind(queue);
      queue.step = async (asked) => {
        const answer = await step(asked);
        if (answer.settled.includes("settled")) completed();
        return answer;
      };
      const service = await startService(app, new AbortController().signal);
      const config = readConfig({ ...environment, AWS_ENDPOINT_URL_LAMBDA: service.url });
      const api = createApp(config, new Map(), { queueOf: JobQueue });
      return async () => {
        const { wake } = await api.queue.submit([newJob(payload)]);
        if (wake) await api.wake({ source: "submit", depth: 0 });
      };
    },
    completed: async () => (await queue.stats()).completed,
  };
}

function tasksOf(run: MeasuredTask) {
  return indexTasks([defineTask({ name: "noop", input: z.unknown(), run })]);
}

function newJob(payload: { payload?: string }): NewJob {
  return { id: randomUUID(), task: "noop", priority: "normal", maxRetries: 3, createdAt: Date.now(), ...payload };
}
