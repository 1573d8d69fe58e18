import { afterEach, beforeEach, vi } from "vitest";
import { defineQueue, type QueueOptions } from "../../lib/index.ts";
import { useRedis } from "../support/redis.ts";
import { task } from "../support/worker.ts";

const echo = task("echo", ({ input }) => input);

/** Makes queues on a local stack that is open without keys. What a test starts is stopped after it. */
export function useQueues() {
  const redis = useRedis();
  const stops: (() => Promise<void>)[] = [];
  beforeEach(() => {
    vi.stubEnv("WORKER_FUNCTION_NAME", "");
    vi.stubEnv("IS_LOCAL", "true");
    vi.stubEnv("SHUTDOWN_GRACE_SECONDS", "0");
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    vi.unstubAllEnvs();
  });
  return {
    /** A key prefix that no other queue has. */
    prefix: () => redis.queue().prefix,
    stopAfter(stop: () => Promise<void>): void {
      stops.push(stop);
    },
    /** A queue under a prefix of its own, with the task `echo` unless the options name others. */
    queueOf({ tasks = [echo], ...options }: Partial<QueueOptions> = {}) {
      return defineQueue({
        tasks: tasks as [typeof echo],
        redis: { url: redis.local.url, token: redis.local.token },
        prefix: redis.queue().prefix,
        log: "silent",
        ...options,
      });
    },
  };
}
