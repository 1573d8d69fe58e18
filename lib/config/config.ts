import type { TraceSettings } from "../observability/otlp.ts";
import { type Door, doorAt } from "./door-settings.ts";
import { isLocal, LOCAL } from "./local.ts";
import { type MisspeltSetting, misspeltAmong } from "./misspelt.ts";
import { hasSecrets, isSecret, withSecrets } from "./secrets.ts";
import { rateOf } from "./setting-values.ts";
import { AWS, DOCS, DOOR, ENVIRONMENT, KEYS, OPEN, traces } from "./settings.ts";
import { attempted, type Environment, valuesOf } from "./variable.ts";

/** The settings of a process, read and converted. */
export type Config = ReturnType<typeof readConfig>;

export type { Environment } from "./variable.ts";

/** Reads the settings of this process; this file alone reads the environment. @throws ConfigError naming every variable that is missing or wrong, and what was expected */
export function readConfig(environment: Environment = process.env) {
  const env = valuesOf(ENVIRONMENT, environment);
  const hours = (n: number) => n * 3_600_000;
  const local = isLocal(env);
  return {
    redis: { url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN, timeoutMs: env.REDIS_TIMEOUT_MS },
    queue: {
      ...(env.KEY_PREFIX === undefined ? {} : { prefix: env.KEY_PREFIX }),
      leaseMs: env.LEASE_SECONDS * 1_000,
      history: env.HISTORY === "on",
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

/** Says what is wrong with some settings, by name. Those that are not given are not looked at. */
export function wrongAmong(settings: Environment): Map<string, string> {
  const known = Object.entries({ ...ENVIRONMENT, ...DOCS }).filter(([name]) => name in settings);
  return attempted(Object.fromEntries(known), settings).wrong;
}

/** Gives the environment of this process with other values for some variables. */
export function environmentWith(settings: Environment): Environment {
  const { KV_REST_API_URL, KV_REST_API_TOKEN } = process.env; // as Vercel names them
  const database =
    process.env.UPSTASH_REDIS_REST_URL || KV_REST_API_URL === undefined
      ? {}
      : { UPSTASH_REDIS_REST_URL: KV_REST_API_URL, UPSTASH_REDIS_REST_TOKEN: KV_REST_API_TOKEN };
  return { ...process.env, ...database, ...settings };
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
  const env = valuesOf({ ...LOCAL, ...KEYS, CORS_ORIGINS: OPEN.CORS_ORIGINS }, environment);
  return { apiKeys: env.API_KEYS, isLocal: isLocal(env), corsOrigins: env.CORS_ORIGINS };
}

/** Checks that a local stack, which is open without keys, listens where this machine alone reaches it. @throws ConfigError */
export function mustBeOurs(listensAt: string, environment: Environment): void {
  isLocal(valuesOf(LOCAL, { ...environment, API_HOST: listensAt }));
}

/** Reads what the metric `NotConfigured` needs, even where other settings are wrong. Never throws. */
export function readStage({ METRICS, STAGE }: Environment = process.env) {
  return { metrics: METRICS === "on", stage: STAGE || "local" };
}

/** Reads who may call functions that are served without keys. @throws ConfigError as `readConfig` */
export function readDoor(environment: Environment): Door & { hosts: readonly string[] } {
  const { ALLOWED_HOSTS, CORS_ORIGINS, IS_LOCAL } = valuesOf({ ...DOOR, IS_LOCAL: LOCAL.IS_LOCAL }, environment);
  const isPublished = IS_LOCAL === "published-on-loopback";
  return { hosts: ALLOWED_HOSTS, origins: CORS_ORIGINS, ...(isPublished ? { isPublished } : {}) };
}

/** The `ssm:NAME` of each task's secret, by its variable. The variable itself now holds the value (`showToTasks`). */
const keptAt: Environment = {};

/**
 * Reads the environment and its secrets; each call reads them again. Undefined if there are no secrets to wait for.
 *
 * @throws ConfigError as `readConfig` and `withSecrets`
 */
export function readSecrets(given: Environment = process.env): Promise<Environment> | undefined {
  const environment = { ...given, ...keptAt };
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

/** Tells whether serverless-offline runs this. Never throws. */
export function runsOffline({ IS_OFFLINE }: Environment = process.env): boolean {
  return IS_OFFLINE === "true";
}

/** Reads the trace header of the running invocation. Lambda sets a new one for each invocation. */
export function currentTrace(): string | undefined {
  return process.env._X_AMZN_TRACE_ID;
}
