import { type Environment, wrongAmong } from "../config/config.ts";
import { ConfigError } from "../errors.ts";
import type { Log, LogLevel } from "../observability/log.ts";
import type { ScheduleOption } from "../schedules/option.ts";
import type { Task } from "../tasks.ts";
import type { DrainSummary } from "../worker/drain.ts";
import type { Authorize } from "./app.ts";
import type { WakeEvent } from "./wake.ts";

/** A client of `@upstash/redis`, known by its shape: the package need not be installed. */
export interface UpstashClient {
  evalsha(...given: never[]): Promise<unknown>;
  pipeline(...given: never[]): unknown;
}

/** The options of a drain. */
export interface DrainOptions {
  /** Ends the drain early: running jobs get `graceSeconds`, then they are given back, their attempts unspent. */
  signal?: AbortSignal;
  /** How long running jobs may go on after `signal` has aborted. Default 0; after a wake-up, `SHUTDOWN_GRACE_SECONDS`. */
  graceSeconds?: number;
  /** The longest that the drain may take. Default: no limit. */
  maxSeconds?: number;
}

/** The tasks of a queue: a list, or what loads it when it is first needed. */
type TaskList<Tasks extends readonly Task[]> = Tasks | (() => Promise<Tasks>);

/**
 * What a queue is made of. Everything but `tasks` has a default: the variable of the environment that docs/settings.md names,
 * else the value that it gives.
 */
export interface QueueOptions<Tasks extends readonly Task[] = readonly Task[]> {
  tasks: TaskList<Tasks>;
  /**
   * The database: its REST address and token, or a client of `@upstash/redis`. Default: `UPSTASH_REDIS_REST_URL` and
   * `UPSTASH_REDIS_REST_TOKEN`, else `KV_REST_API_URL` and `KV_REST_API_TOKEN`.
   */
  redis?: { url: string; token: string } | UpstashClient;
  /** Stands in front of every key in Redis, as `{prefix}:`: letters, digits, dots and dashes. Default: none. */
  prefix?: string;
  /** How many jobs a worker runs at the same time. Default 10. */
  concurrency?: number;
  /** How many workers run at the same time, at most. Default 5. */
  maxWorkers?: number;
  /** How long a claim holds its jobs unless it is extended, in seconds. Default 30. */
  leaseSeconds?: number;
  /** How long finished jobs are kept. */
  retention?: {
    /** Default 24. */
    completedHours?: number;
    /** Default 168. */
    failedHours?: number;
    /** Default 24. */
    cancelledHours?: number;
    /** The most finished jobs of each kind. Default 100,000. */
    jobs?: number;
  };
  /** Whether what happens is counted by the minute, for `history`: one command more for each request in which jobs end. Default `on`. */
  history?: "on" | "off";
  /** The path under which the application mounts the API: `/queue`. Default: none. */
  basePath?: string;
  /** The API's keys, as `npx wakeq key` prints their entries. */
  apiKeys?: readonly string[];
  /** Decides who calls, in place of API keys: from the application's own session, say. */
  authorize?: Authorize;
  /** Origins whose pages may call the API: `https://app.example.com`, or `*`. Default: none. */
  cors?: readonly string[];
  /** The jobs that one caller may submit: `100/10s`. Default: any number. */
  rateLimit?: string;
  /** The most jobs that may wait. Default: any number. */
  maxWaitingJobs?: number;
  /** Who may see the description of the API: holders of a key, everybody, nobody. Default `key`. */
  docs?: "key" | "open" | "off";
  /**
   * What makes jobs by the clock. They are part of the code: the version that started last decides which there are, and leaves those
   * that `queue.schedules.put` made. Default: none, and what an earlier version declared is deleted when it is due.
   */
  schedules?: readonly ScheduleOption<NoInfer<Tasks>>[];
  /**
   * Starts a worker after a submit. `drain` runs jobs in this process until none is ready. Default: invokes the function
   * `WORKER_FUNCTION_NAME` where that is set, else drains in this process. In Next.js, `afterResponse()` of `wakeq/next`.
   */
  wake?: (drain: (options?: DrainOptions) => Promise<DrainSummary>, why: WakeEvent) => unknown;
  /** The least level of events that are logged, or what hears them. Default `info`, as JSON lines on stderr. */
  log?: LogLevel | Log;
}

/** The variable that each option stands for. */
export const VARIABLES: { readonly [option: string]: string } = {
  "redis.url": "UPSTASH_REDIS_REST_URL",
  "redis.token": "UPSTASH_REDIS_REST_TOKEN",
  prefix: "KEY_PREFIX",
  concurrency: "WORKER_CONCURRENCY",
  maxWorkers: "MAX_WORKERS",
  leaseSeconds: "LEASE_SECONDS",
  "retention.completedHours": "KEEP_COMPLETED_HOURS",
  "retention.failedHours": "KEEP_FAILED_HOURS",
  "retention.cancelledHours": "KEEP_CANCELLED_HOURS",
  "retention.jobs": "KEEP_JOBS",
  history: "HISTORY",
  apiKeys: "API_KEYS",
  cors: "CORS_ORIGINS",
  rateLimit: "RATE_LIMIT",
  maxWaitingJobs: "MAX_WAITING_JOBS",
  docs: "DOCS",
  log: "LOG_LEVEL",
};

/** The options that no single variable stands for. */
export const OTHER_OPTIONS = ["tasks", "schedules", "redis", "retention", "basePath", "authorize", "wake"];

const isFunction = (value: unknown) => typeof value === "function";
const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const isLog = (value: unknown) => isFunction(value) || typeof value === "string";

/** What options must be that no setting checks. */
const SHAPES: [option: keyof QueueOptions, isRight: (value: unknown) => boolean, expected: string][] = [
  ["redis", isRedis, "{ url, token }, both set, or a client of @upstash/redis 1.34 or later"],
  ["retention", isObject, "an object"],
  ["apiKeys", Array.isArray, "a list"],
  ["cors", Array.isArray, "a list"],
  ["authorize", isFunction, "a function"],
  ["wake", isFunction, "a function"],
  ["log", isLog, "a level or a function"],
];

function isRedis(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { url, token, client } = value as { url?: unknown; token?: unknown; client?: { request?: unknown } };
  if ("url" in (value as object) || "token" in (value as object))
    return typeof url === "string" && typeof token === "string";
  return isFunction(client?.request);
}

/** Finds what is wrong with options that `settingsOf` cannot check, in words. */
export type OptionCheck = (options: QueueOptions) => string[];

/** Reads options as settings. @throws ConfigError naming every option that is wrong, and what was expected */
export function settingsOf(options: QueueOptions, wrongBesides: OptionCheck = () => []): Environment {
  const wrong: string[] = [];
  const settings: Environment = {};
  for (const [option, value] of flattened(options)) {
    const variable = VARIABLES[option];
    if (variable !== undefined) settings[variable] = Array.isArray(value) ? value.join(",") : String(value);
    else if (!OTHER_OPTIONS.includes(option)) wrong.push(`${option}: there is no such option`);
  }
  for (const [option, isRight, expected] of SHAPES)
    if (options[option] !== undefined && !isRight(options[option])) wrong.push(`${option}: expected ${expected}`);
  const faults = wrongAmong(settings);
  for (const [option, variable] of Object.entries(VARIABLES))
    if (faults.has(variable)) wrong.push(`${option}: ${faults.get(variable)}`);
  if (options.apiKeys && options.authorize) wrong.push("apiKeys, authorize: expected one of them, got both");
  const { basePath = "" } = options;
  if (!isMountPath(basePath))
    wrong.push(`basePath: expected a path such as /queue, without a slash at its end, got ${JSON.stringify(basePath)}`);
  wrong.push(...wrongBesides(options));
  if (wrong.length === 0) return settings;
  throw new ConfigError(`these options of defineQueue are wrong:\n${wrong.map((each) => `  ${each}`).join("\n")}`);
}

/** Lists the options that are given, by name: those within another as `retention.jobs`. */
function flattened({ redis, retention, log, ...rest }: QueueOptions): [option: string, value: unknown][] {
  const nested = {
    ...(isRedis(redis) && isAddress(redis!) ? { redis } : {}),
    ...(isObject(retention) ? { retention } : {}),
  };
  const inner = Object.entries(nested).flatMap(([outer, options]) =>
    Object.entries(options ?? {}).map(([name, value]): [string, unknown] => [`${outer}.${name}`, value]),
  );
  const level: [string, unknown][] = typeof log === "string" ? [["log", log]] : [];
  return [...Object.entries(rest), ...inner, ...level].filter(([, value]) => value !== undefined);
}

/** Tells whether an API can be mounted under a path. "" is nowhere. */
export function isMountPath(path: unknown): path is string {
  return typeof path === "string" && /^(\/[\w.~-]+)*$/.test(path);
}

/** Tells an address from a client. */
export function isAddress(redis: NonNullable<QueueOptions["redis"]>): redis is { url: string; token: string } {
  return "url" in redis && "token" in redis;
}
