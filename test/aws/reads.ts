import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Environment, readConfig, readDocs, readOpenConfig, readTraces } from "../../lib/config/config.ts";

/** Two different valid values for each variable that a function may be given. */
const SAMPLES: Record<string, [string, string]> = {
  UPSTASH_REDIS_REST_URL: ["http://127.0.0.1:1", "http://127.0.0.1:2"],
  UPSTASH_REDIS_REST_TOKEN: ["a", "b"],
  REDIS_TIMEOUT_MS: ["1000", "2000"],
  KEY_PREFIX: ["a", "b"],
  HISTORY: ["off", "on"],
  LOG_LEVEL: ["silent", "error"],
  METRICS: ["on", "off"],
  STAGE: ["a", "b"],
  API_KEYS: [`a:read:${"0".repeat(64)}`, `b:read:${"0".repeat(64)}`],
  RATE_LIMIT: ["1000/1s", "2000/1s"],
  MAX_WAITING_JOBS: ["1000", "2000"],
  DOCS: ["key", "off"],
  CORS_ORIGINS: ["https://a.example.com", "https://b.example.com"],
  WORKER_FUNCTION_NAME: ["a", "b"],
  WORKER_CONCURRENCY: ["1", "2"],
  MAX_WORKERS: ["2", "1"],
  LINGER_SECONDS: ["0", "1"],
  LEASE_SECONDS: ["10", "20"],
  UNKNOWN_TASK_MINUTES: ["1", "2"],
  KEEP_COMPLETED_HOURS: ["1", "2"],
  KEEP_FAILED_HOURS: ["1", "2"],
  KEEP_CANCELLED_HOURS: ["1", "2"],
  KEEP_JOBS: ["1000", "2000"],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ["http://127.0.0.1:1/v1/traces", "http://127.0.0.1:2/v1/traces"],
  OTEL_EXPORTER_OTLP_HEADERS: ["x-key=a", "x-key=b"],
  OTEL_SERVICE_NAME: ["a", "b"],
};

/** Variables that Lambda or a local stack sets, or that only other processes read. */
const NOT_GIVEN = /^(AWS_|IS_)|^(SHUTDOWN_GRACE_SECONDS|ALLOWED_HOSTS|API_HOST|PORT|WORKER_HOST|WORKER_PORT)$/;

/** The variables of `lib/config/settings.ts` that a function may be given. */
export function variables(): string[] {
  const text = readFileSync(join(import.meta.dirname, "../../lib/config/settings.ts"), "utf8");
  return [...text.matchAll(/^ {2,4}([A-Z][A-Z_]+): /gm)]
    .map(([, name]) => name!)
    .filter((name) => !NOT_GIVEN.test(name));
}

/** Variables that serverless.yml gives functions for the tasks, which decide what they read. */
export function ofTasks(): string[] {
  const text = readFileSync(join(import.meta.dirname, "../../serverless.yml"), "utf8");
  const { custom } = parse(text, { merge: true, logLevel: "error" }) as {
    custom: { environment: Record<"tasks" | "offering", Record<string, string> | null> };
  };
  return Object.keys({ ...custom.environment.tasks, ...custom.environment.offering });
}

export const SAMPLE: Record<string, string> = Object.fromEntries(
  Object.entries(SAMPLES).map(([name, [value]]) => [name, value]),
);

/** The settings (`queue.leaseMs`) that depend on each variable: those that change with it. */
function settingsOf(variable: string): string[] {
  const [a, b] = SAMPLES[variable] ?? ["", ""];
  return [readConfig, readOpenConfig, readTraces, readDocs].flatMap(
    (read: (environment: Environment) => object | undefined) => {
      const [one, other] = [leaves(read({ ...SAMPLE, [variable]: a })), leaves(read({ ...SAMPLE, [variable]: b }))];
      return Object.keys(one).filter((path) => JSON.stringify(one[path]) !== JSON.stringify(other[path]));
    },
  );
}

function leaves(value: unknown, path = ""): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { [path]: value };
  const below = Object.entries(value).map(([name, each]) => leaves(each, path === "" ? name : `${path}.${name}`));
  return Object.assign({}, ...below) as Record<string, unknown>;
}

/** The variables on which the settings that were read depend. */
export function variablesBehind(read: ReadonlySet<string>): string[] {
  return Object.keys(SAMPLES)
    .filter((variable) => settingsOf(variable).some((path) => read.has(path)))
    .sort();
}

/**
 * The settings, with a record of those that are read. The queue copies all of its numbers and uses only some: those count
 * as read when they are used.
 */
export function recorded<T>(value: T, read: Set<string>, path = ""): T {
  if (typeof value === "number" && path.startsWith("queue.")) return new Used(value, () => read.add(path)) as T;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    read.add(path);
    return value;
  }
  return new Proxy(value, {
    get: (target, name, self) => {
      const each: unknown = Reflect.get(target, name, self);
      return typeof name === "symbol" ? each : recorded(each, read, path === "" ? name : `${path}.${name}`);
    },
  });
}

class Used {
  readonly #value: number;
  readonly #note: () => void;

  constructor(value: number, note: () => void) {
    this.#value = value;
    this.#note = note;
  }

  [Symbol.toPrimitive](hint: string): number | string {
    this.#note();
    return hint === "string" ? String(this.#value) : this.#value;
  }
}
