import { LEVELS } from "../observability/log.ts";
import { ALLOWED_HOSTS } from "./door-settings.ts";
import { LOCAL } from "./local.ts";
import { headersOf, keysOf, originsOf } from "./setting-values.ts";
import { address, choice, integer, matching, required, text, variable } from "./variable.ts";

/** The settings that every request needs, whatever it is for. */
export const OPEN = {
  LOG_LEVEL: choice(LEVELS, "info"),
  CORS_ORIGINS: variable(originsOf, []),
};

/** The settings that decide who may call without a key. */
export const DOOR = { CORS_ORIGINS: OPEN.CORS_ORIGINS, ALLOWED_HOSTS };

/** The setting that says who may read the description of the API. */
export const DOCS = { DOCS: choice(["key", "open", "off"], "key") };

const HTTP = /^https?:$/;
/** How to reach AWS. */
export const AWS = {
  AWS_REGION: text("us-east-1"),
  AWS_ENDPOINT_URL_LAMBDA: variable(address(HTTP, "an http(s) address"), undefined),
  AWS_ENDPOINT_URL_SSM: variable(address(HTTP, "an http(s) address"), undefined),
  AWS_ACCESS_KEY_ID: text(""),
  AWS_SECRET_ACCESS_KEY: text(""),
  AWS_SESSION_TOKEN: text(undefined),
};

/** The keys of the API. */
export const KEYS = { API_KEYS: variable(keysOf, []) };

const REST_ADDRESS = "the https:// address of the database's REST API";
/**
 * All settings of a process, by the names of their variables. Durations are in the unit that their name says; an absent
 * setting takes its default. docs/settings.md explains each. `ssm:NAME` stands for an SSM parameter (`readSecrets`).
 */
export const ENVIRONMENT = {
  ...OPEN,
  ...AWS,
  ...LOCAL,
  ...DOOR,
  UPSTASH_REDIS_REST_URL: required(REST_ADDRESS, address(HTTP, REST_ADDRESS)),
  UPSTASH_REDIS_REST_TOKEN: required("the token of the database's REST API", (token) => token),
  KEY_PREFIX: variable(matching(/^[\w.-]{1,64}$/, "letters, digits, dots, dashes, at most 64"), undefined),
  METRICS: choice(["on", "off"], "off"),
  HISTORY: choice(["on", "off"], "on"),
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

/** The settings of traces. They are kept apart, so that the API's bundle does not carry them. */
export const traces = () => ({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: variable(address(HTTP, "an http(s) address"), undefined),
  OTEL_EXPORTER_OTLP_HEADERS: variable(headersOf, {}),
  OTEL_SERVICE_NAME: text("wakeq"),
});
