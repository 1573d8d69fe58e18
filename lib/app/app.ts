import type { Redis } from "@upstash/redis";
import { type Config, currentTrace } from "../config/config.ts";
import { createLog, type Log } from "../observability/log.ts";
import { once } from "../once.ts";
import type { JobQueue, QueueSettings } from "../queue/job-queue.ts";
import { type Keys, keysOf } from "../queue/keys.ts";
import { connectRedis, type RedisSettings } from "../redis/redis.ts";
import type { Tasks } from "../tasks.ts";
import { createWake, type Wake } from "./wake.ts";

/** What every handler needs, wired once a process. */
export interface App<Q extends JobQueue = JobQueue> {
  config: Config;
  log: Log;
  redis: Redis;
  keys: Keys;
  queue: Q;
  wake: Wake;
  /** Gives the tasks. Rejects with what they throw while they load. */
  tasks(): Promise<Tasks>;
}

/** Tasks, or what loads them when a request first needs them. */
export type TaskSource = Tasks | (() => Promise<Tasks>);

/** Makes the function that gives the tasks; they are loaded once. */
export function taskLoader(source: TaskSource): () => Promise<Tasks> {
  return once(typeof source === "function" ? source : () => Promise.resolve(source));
}

interface Wiring<Q> {
  /** The class of its queue. */
  queueOf: new (
    redis: Redis,
    settings: QueueSettings,
  ) => Q;
  freshToken?: RedisSettings["freshToken"] | undefined;
}

/** Wires an app from its settings and its tasks. */
export function createApp<Q extends JobQueue>(
  config: Config,
  tasks: TaskSource,
  { queueOf, freshToken }: Wiring<Q>,
): App<Q> {
  const log = createLog(config.logLevel);
  const redis = connectRedis({ ...config.redis, ...(freshToken ? { freshToken } : {}) });
  const queue = new queueOf(redis, config.queue);
  return {
    config,
    log,
    redis,
    keys: keysOf(config.queue.prefix),
    queue,
    wake: createWake(config.lambda, log, currentTrace),
    tasks: taskLoader(tasks),
  };
}
