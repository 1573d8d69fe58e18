import { type Config, currentTrace } from "../config/config.ts";
import type { Caller } from "../config/scopes.ts";
import { createLog, type Log } from "../observability/log.ts";
import { once } from "../once.ts";
import type { JobQueue, QueueSettings } from "../queue/job-queue.ts";
import { type Keys, keysOf } from "../queue/keys.ts";
import type { Redis, Requester } from "../queue/redis.ts";
import { redisCommands } from "../redis/commands.ts";
import { connectRedis, type RedisSettings } from "../redis/redis.ts";
import type { Schedule } from "../schedules/schedule.ts";
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
  /** Gives the schedules that code declares. Absent: it declares none. */
  declaredSchedules?: ((tasks: Tasks) => Promise<readonly Schedule[]>) | undefined;
  authorize?: Authorize | undefined;
}

/**
 * Decides who calls, for an application with users of its own. Null: nobody that it knows. What it throws is a fault of the
 * application, and answered with 500.
 */
export type Authorize = (request: {
  /** `GET` for `HEAD`, which is answered by the same route. */
  method: string;
  /** Without the path under which the API is mounted, and without slashes at its end: as the routes are written. */
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
}) => Caller | null | Promise<Caller | null>;

/** What an application gives in place of what follows from its settings. */
export interface Provided {
  authorize?: Authorize | undefined;
  /** Hears every log event at and above the log's level. */
  log?: Log | undefined;
  /** Sends requests to the database, in place of `settings.redis`. */
  transport?: Requester | undefined;
  /** Makes the wake-up, in place of an Invoke call of the worker's function. */
  wakeOf?: ((config: Config, log: Log) => Wake) | undefined;
  /** Gives the schedules that code declares. */
  declaredSchedules?: App["declaredSchedules"];
}

/** Tasks, or what loads them when a request first needs them. */
export type TaskSource = Tasks | (() => Promise<Tasks>);

/** Makes the function that gives the tasks; they are loaded once. */
export function taskLoader(source: TaskSource): () => Promise<Tasks> {
  return once(typeof source === "function" ? source : () => Promise.resolve(source));
}

interface Wiring<Q> extends Provided {
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
  { queueOf, freshToken, transport, log = createLog(config.logLevel), wakeOf, authorize, declaredSchedules }: Wiring<Q>,
): App<Q> {
  const redis = transport
    ? redisCommands(transport)
    : connectRedis({ ...config.redis, ...(freshToken ? { freshToken } : {}) });
  const queue = new queueOf(redis, config.queue);
  return {
    config,
    log,
    redis,
    keys: keysOf(config.queue.prefix),
    queue,
    wake: wakeOf ? wakeOf(config, log) : createWake(config.lambda, log, currentTrace),
    authorize,
    declaredSchedules,
    tasks: taskLoader(tasks),
  };
}
