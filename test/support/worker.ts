import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import * as z from "zod/mini";
import type { Job } from "../../lib/queue/job.ts";
import { type QueueSettings, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { defineTask, indexTasks, type Task, type TaskContext } from "../../lib/tasks.ts";
import type { Life } from "../../lib/worker/deadline.ts";
import { type DrainParts, type DrainSummary, drain } from "../../lib/worker/drain.ts";
import type { Observer } from "../../lib/worker/observer.ts";
import { type Faults, startFaults } from "./faults.ts";
import { keptIn, type Line } from "./log.ts";
import { useRedis } from "./redis.ts";
import { SCRIPTS } from "./scripts.ts";

/** Retries run immediately. */
export const AT_ONCE = { baseMs: 0, factor: 1, maxMs: 0 };

/** The summary of a drain that did only this. */
export function summary(more: Partial<DrainSummary>): DrainSummary {
  const none = { claimed: 0, completed: 0, retried: 0, failed: 0, released: 0, cancelled: 0, lost: 0 };
  return { ...none, stopped: "empty", ...more };
}

/** A task that accepts any payload. */
export function task(
  name: string,
  run: (context: TaskContext<unknown>) => unknown,
  more: Partial<Pick<Task, "backoff" | "timeoutMs" | "maxSnoozeMs">> = {},
): Task {
  return defineTask({ name, input: z.unknown(), backoff: AT_ONCE, ...more, run });
}

/** Something that a test waits for or lets happen. */
export function gate<Value = void>() {
  let open!: (value: Value) => void;
  const opened = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Polls until the condition holds: for what happens in another process or in Redis. */
export function until(holds: () => Promise<unknown> | unknown): Promise<unknown> {
  return vi.waitUntil(async () => Boolean(await holds()), { timeout: 45_000, interval: 10 });
}

/** The listeners of a drain, for the `onWake` of its life. */
export function listening() {
  const listeners: (() => unknown)[] = [];
  return {
    onWake: (listener: () => unknown) => void listeners.push(listener),
    wake: () => listeners.map((listener) => listener()),
  };
}

let named = 0;

/** A worker in this process, whose log lines are collected. */
export function startWorker(queue: WorkerQueue, tasks: readonly Task[], more: Partial<DrainParts> = {}) {
  const lines: Line[] = [];
  const wakes: string[] = [];
  const name = `w${++named}`;
  let claims = 0;
  let took = 0;
  const counting: Observer = {
    stepped(_settled, { claimed }) {
      took += claimed?.jobs.length ?? 0;
    },
    submitted: () => {},
    conflicted: () => {},
    began: () => {},
    ended: () => {},
  };
  const parts: DrainParts = {
    queue,
    tasks: indexTasks(tasks),
    concurrency: 10,
    nextToken: () => `${name}.${++claims}`,
    log: keptIn(lines),
    wake: async (why) => void wakes.push(why),
    ...more,
    observers: [counting, ...(more.observers ?? [])],
  };
  return {
    name,
    lines,
    wakes,
    queue,
    /** How many jobs it has received. Redis counts them as processing before the answer has arrived. */
    took: () => took,
    drain: (life: Partial<Life> = {}) => drain(parts, { remainingMs: () => Number.POSITIVE_INFINITY, ...life }),
  };
}

/** A Redis, and a proxy between it and the workers that counts requests and makes faults. */
export function useWorkers() {
  const redis = useRedis();
  let faults: Faults;
  beforeAll(async () => {
    faults = await startFaults(redis.local.url);
    // The first use of a script in a database takes two requests; the queue's tests cover that.
    for (const { text } of Object.values(SCRIPTS)) await redis.local.backend.send(["SCRIPT", "LOAD", text]);
  });
  beforeEach(() => faults.reset());
  afterAll(() => faults?.stop());

  return {
    redis,
    get faults() {
      return faults;
    },
    /** A new queue on Redis' clock: a client with a direct connection, and workers behind the proxy. */
    queue(settings: QueueSettings = {}) {
      const { prefix, keys, store } = redis.queue();
      const connect = (url: string) =>
        new WorkerQueue(connectRedis({ url, token: redis.local.token }), { prefix, ...settings });
      const client = connect(redis.local.url);
      return {
        client,
        prefix,
        keys,
        store,
        worker: (tasks: readonly Task[], more: Partial<DrainParts> = {}) =>
          startWorker(connect(faults.url), tasks, more),
        async job(id: string): Promise<Job & { result?: unknown }> {
          const status = await client.status(id);
          if (!status) throw new Error(`there is no job ${id}`);
          return { ...status.job, ...(status.result === undefined ? {} : { result: JSON.parse(status.result) }) };
        },
      };
    },
  };
}
