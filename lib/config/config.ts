import { LEVELS } from "../observability/log.ts";
import type { TraceSettings } from "../observability/otlp.ts";
import { ALLOWED_HOSTS, type Door, doorAt } from "./door-settings.ts";
import { isLocal, LOCAL } from "./local.ts";
import { type MisspeltSetting, misspeltAmong } from "./misspelt.ts";
import { hasSecrets, isSecret, withSecrets } from "./secrets.ts";
import { headersOf, keysOf, originsOf, rateOf } from "./setting-values.ts";
import {
  address,
  choice,
  type Environment,
  integer,
  matching,
  required,
  text,
  valuesOf,
  variable,
} from "./variable.ts";

const OPEN = {
  LOG_LEVEL: choice(LEVELS, "info"),
  CORS_ORIGINS: variable(originsOf, []),
};

/** The settings that decide who may call without a key. */
const DOOR = { CORS_ORIGINS: OPEN.CORS_ORIGINS, ALLOWED_HOSTS };

/** The setting that says who may read the description of the API. */
const DOCS = { DOCS: choice(["key", "open", "off"], "key") };

const HTTP = /^https?:$/;
const AWS = {
  AWS_REGION: text("us-east-1"),
  AWS_ENDPOINT_URL_LAMBDA: variable(address(HTTP, "an http(s) address"), undefined),
  AWS_ENDPOINT_URL_SSM: variable(address(HTTP, "an http(s) address"), undefined),
  AWS_ACCESS_KEY_ID: text(""),
  AWS_SECRET_ACCESS_KEY: text(""),
  AWS_SESSION_TOKEN: text(undefined),
};

const KEYS = { API_KEYS: variable(keysOf, []) };

const REST_ADDRESS = "the https:// address of the database's REST API";
/**
 * All settings of a process. This file alone reads the environment. Durations are in the unit that their name says; an absent
 * setting takes its default. docs/settings.md explains each. `ssm:NAME` stands for an SSM parameter (`readSecrets`).
 */
const ENVIRONMENT = {
  ...OPEN,
  ...AWS,
  ...LOCAL,
  ...DOOR,
  UPSTASH_REDIS_REST_URL: required(REST_ADDRESS, address(HTTP, REST_ADDRESS)),
  UPSTASH_REDIS_REST_TOKEN: required("the token of the database's REST API", (token) => token),
  KEY_PREFIX: variable(matching(/^[\w.-]{1,64}$/, "letters, digits, dots, dashes, at most 64"), undefined),
  METRICS: choice(["on", "off"], "off"),
  STAGE: text("local"),
  WORKER_FUNCTION_NAME: text(undefined),
  WORKER_CONCURRENCY: integer(10, 1, 500),
  MAX_WORKERS: integer(5, 1, 1000),
  LEASE_SECONDS: integer(30, 1, 3_600),
  LINGER_SECONDS: integer(10, 0, 600),
  SHUTDOWN_GRACE_SECONDS: integer(8, 0, 3_600),
  UNKNOWN_TASK_MINUTES: integer(15, 1, 10_080),
  PORT: integer(3_000, 0, 65_535),
  WORKER_HOST: text("127.0.0.1"),
  WORKER_PORT: integer(3_003, 0, 65_535),
  REDIS_TIMEOUT_MS: integer(10_000, 100, 60_000),
  KEEP_COMPLETED_HOURS: integer(24, 0, 8_760),
  KEEP_FAILED_HOURS: integer(168, 0, 8_760),
  KEEP_CANCELLED_HOURS: integer(24, 0, 8_760),
  KEEP_JOBS: integer(100_000, 0, 10_000_000),
  ...KEYS,
  RATE_LIMIT: variable(
    matching(/^[1-9]\d{0,6}\/[1-9]\d{0,4}s$/, "jobs/seconds for each key, such as 100/10s"),
    undefined,
  ),
  MAX_WAITING_JOBS: integer(0, 0, 10_000_000),
};

/** The settings of a process, read and converted. */
export type Config = ReturnType<typeof readConfig>;

export type { Environment } from "./variable.ts";

/** Reads the settings of this process. @throws ConfigError naming every variable that is missing or wrong, and what was expected */
export function readConfig(environment: Environment = process.env) {
  const env = valuesOf(ENVIRONMENT, environment);
  const hours = (n: number) => n * 3_600_000;
  const local = isLocal(env);
  return {
    redis: { url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN, timeoutMs: env.REDIS_TIMEOUT_MS },
    queue: {
      ...(env.KEY_PREFIX === undefined ? {} : { prefix: env.KEY_PREFIX }),
      leaseMs: env.LEASE_SECONDS * 1_000,
      lingerMs: env.LINGER_SECONDS * 1_000,
      maxRunning: env.MAX_WORKERS * env.WORKER_CONCURRENCY,
      retention: {
        completed: { ageMs: hours(env.KEEP_COMPLETED_HOURS), keep: env.KEEP_JOBS },
        failed: { ageMs: hours(env.KEEP_FAILED_HOURS), keep: env.KEEP_JOBS },
        cancelled: { ageMs: hours(env.KEEP_CANCELLED_HOURS), keep: env.KEEP_JOBS },
      },
    },
    worker: {
      concurrency: env.WORKER_CONCURRENCY,
      graceMs: env.SHUTDOWN_GRACE_SECONDS * 1_000,
      unknownTaskMs: env.UNKNOWN_TASK_MINUTES * 60_000,
      host: env.WORKER_HOST,
      port: env.WORKER_PORT,
      door: doorAt(env.WORKER_HOST, env.ALLOWED_HOSTS),
    },
    api: {
      host: env.API_HOST,
      port: env.PORT,
      graceMs: env.SHUTDOWN_GRACE_SECONDS * 1_000,
      ...(local && env.API_KEYS.length === 0 ? { door: { hosts: env.ALLOWED_HOSTS, origins: env.CORS_ORIGINS } } : {}),
    },
    lambda: { functionName: env.WORKER_FUNCTION_NAME, ...serviceOf("lambda", env, env.AWS_ENDPOINT_URL_LAMBDA) },
    apiKeys: env.API_KEYS,
    ...(env.RATE_LIMIT === undefined ? {} : { rateLimit: rateOf(env.RATE_LIMIT) }),
    maxWaitingJobs: env.MAX_WAITING_JOBS,
    corsOrigins: env.CORS_ORIGINS,
    isLocal: local,
    logLevel: env.LOG_LEVEL,
    metrics: env.METRICS === "on",
    stage: env.STAGE,
  };
}

/** Reads the settings of routes that need no database and no key. @throws ConfigError as `readConfig` */
export function readOpenConfig(environment: Environment = process.env) {
  const { CORS_ORIGINS, LOG_LEVEL } = valuesOf(OPEN, environment);
  return { corsOrigins: CORS_ORIGINS, logLevel: LOG_LEVEL };
}

/** Reads who may see the description of the API. @throws ConfigError as `readConfig` */
export function readDocs(environment: Environment = process.env) {
  return { docs: valuesOf(DOCS, environment).DOCS };
}

/** Tells whether the description of the API is off. Never throws: `GET /openapi.json` reports a wrong value. */
export function areDocsOff({ DOCS }: Environment = process.env): boolean {
  return DOCS === "off";
}

/** Reads who may call the API; needs no database. @throws ConfigError as `readConfig` */
export function readKeys(environment: Environment = process.env) {
  const env = valuesOf({ ...LOCAL, ...KEYS }, environment);
  return { apiKeys: env.API_KEYS, isLocal: isLocal(env) };
}

/** Reads what the metric `NotConfigured` needs, even where other settings are wrong. Never throws. */
export function readStage({ METRICS, STAGE }: Environment = process.env) {
  return { metrics: METRICS === "on", stage: STAGE || "local" };
}

/** Reads who may call functions that are served without keys. @throws ConfigError as `readConfig` */
export function readDoor(environment: Environment): Door & { hosts: readonly string[] } {
  const { ALLOWED_HOSTS, CORS_ORIGINS } = valuesOf(DOOR, environment);
  return { hosts: ALLOWED_HOSTS, origins: CORS_ORIGINS };
}

/** The `ssm:NAME` of each task's secret, by its variable. The variable itself now holds the value (`showToTasks`). */
const keptAt: Environment = {};

/**
 * Reads the environment and its secrets; each call reads them again. Undefined if there are no secrets to wait for.
 *
 * @throws ConfigError as `readConfig` and `withSecrets`
 */
export function readSecrets(
  environment: Environment = { ...process.env, ...keptAt },
): Promise<Environment> | undefined {
  if (!hasSecrets(environment)) return undefined;
  const env = valuesOf(AWS, environment);
  return withSecrets(environment, serviceOf("ssm", env, env.AWS_ENDPOINT_URL_SSM));
}

/** Puts the secrets that are not settings of ours into the environment of this process, where tasks find the values. */
export function showToTasks(secrets: Environment): void {
  for (const [name, value] of Object.entries(secrets)) {
    const place = keptAt[name] ?? process.env[name];
    if (name in ENVIRONMENT || value === undefined || !isSecret(place)) continue;
    keptAt[name] = place;
    process.env[name] = value;
  }
}

/** Returns how to reach an AWS service. */
function serviceOf(name: string, env: ReturnType<typeof valuesOf<typeof AWS>>, endpoint: string | undefined) {
  const { AWS_REGION: region, AWS_SESSION_TOKEN: sessionToken } = env;
  return {
    region,
    endpoint: endpoint ?? `https://${name}.${region}.amazonaws.com`,
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  };
}

/** The settings of traces. They are kept apart, so that the API's bundle does not carry them. */
const traces = () => ({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: variable(address(HTTP, "an http(s) address"), undefined),
  OTEL_EXPORTER_OTLP_HEADERS: variable(headersOf, {}),
  OTEL_SERVICE_NAME: text("wakeq"),
});

/** Reads where the worker's spans go, if anywhere. @throws ConfigError as `readConfig` */
export function readTraces(environment: Environment = process.env): TraceSettings | undefined {
  const env = valuesOf(traces(), environment);
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  return url === undefined
    ? undefined
    : { url, headers: env.OTEL_EXPORTER_OTLP_HEADERS, serviceName: env.OTEL_SERVICE_NAME };
}

/** Settings that our other processes read: the local stack, its gateway, the demo. */
const OTHER_PROCESSES = [
  "LAMBDA_PORT",
  "REDIS_REST_PORT",
  "REDIS_REST_HOST",
  "REDIS_REST_TOKEN",
  "REDIS_REST_READ_ONLY_TOKEN",
  "REDIS_URL",
  "LOCAL_DATA_DIR",
  "LOCAL_DURABILITY",
];

/** Lists the names of all settings. */
export const settingNames = (): string[] => [
  ...Object.keys(ENVIRONMENT),
  ...Object.keys(DOCS),
  ...Object.keys(traces()),
  ...OTHER_PROCESSES,
];

/** Finds variables that look like settings with a misspelt name. They have no effect. */
export function misspeltSettings(environment: Environment = process.env): MisspeltSetting[] {
  const set = Object.keys(environment).filter((name) => environment[name]);
  return misspeltAmong(set, settingNames());
}

/** Reads the trace header of the running invocation. Lambda sets a new one for each invocation. */
export function currentTrace(): string | undefined {
  return process.env._X_AMZN_TRACE_ID;
}
