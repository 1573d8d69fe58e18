import { wrongAmong } from "../../config/config.ts";

/** What stands under `custom.wakeq`. */
export interface PluginOptions {
  /** The file that exports the queue, from the project's folder: `src/queue.ts`. */
  queue: string;
  /** The path of the API: every route is below it. Default `/queue`. */
  path: string;
  /** The worker's memory, in MB. Default 512. */
  memorySize: number;
  /** The longest life of a worker, and so of one attempt, in seconds. Default 120. */
  timeout: number;
  /** The account's concurrency set aside for the worker, and the most that runs at once. Default 0: none is. */
  reservedWorkers: number;
  /** Adds alarms, and says who hears of them. */
  alarms?: { email?: string; topicArn?: string | object };
  /** Variables for both functions: settings of docs/settings.md, and what the tasks read. `ssm:NAME` is read when a function starts. */
  environment: Record<string, string>;
  /** The API's keys: entries, or `ssm:NAME`. Default: what the queue's own options say. */
  apiKeys?: string;
  /** IAM statements for the worker: what its tasks use. */
  statements: object[];
}

const DEFAULTS = { path: "/queue", memorySize: 512, timeout: 120, reservedWorkers: 0, environment: {}, statements: [] };

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value !== "";
const isRecord: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const whole =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isScalar: Check = (value) => ["string", "number", "boolean"].includes(typeof value);

/** Each option: what it must be, in words, and whether it is. */
const OPTIONS: Record<keyof PluginOptions, [expected: string, isRight: Check]> = {
  queue: [
    "the file that exports your queue, such as src/queue.ts",
    (file) => isText(file) && SOURCE.test(file as string),
  ],
  path: ["a path such as /queue, without a slash at its end", (path) => isText(path) && PATH.test(path as string)],
  memorySize: ["the worker's memory in MB, a whole number from 128 to 10240", whole(128, 10_240)],
  timeout: ["the worker's longest life in seconds, a whole number from 10 to 900", whole(10, 900)],
  reservedWorkers: ["a whole number from 0 to 1000", whole(0, 1_000)],
  alarms: ["{ email: you@example.com } or { topicArn: arn:aws:sns:… }", isAudience],
  environment: ["names with values: texts, numbers, true or false", (of) => isRecord(of) && areVariables(of as object)],
  apiKeys: ["entries as npx wakeq key prints them, or ssm:/name", (keys) => isText(keys) || isListOf(isText)(keys)],
  statements: ["a list of IAM statements, each with Effect, Action and Resource", isListOf(isStatement)],
};

const SOURCE = /\.[mc]?[jt]sx?$/;
const PATH = /^(\/[\w.~-]+)+$/;

/** Says what `custom.wakeq` must be, for osls' own check of the configuration. The rest is `readOptions`' to say. */
export const SCHEMA = { properties: { wakeq: { type: "object" } } };

/** Reads `custom.wakeq`. Returns the options, or a line for everything that is wrong. */
export function readOptions(given: unknown): { options: PluginOptions } | { wrong: string[] } {
  if (given === undefined || given === null) return { wrong: ["queue: expected the file that exports your queue"] };
  if (!isRecord(given)) return { wrong: [`expected { queue: src/queue.ts }, got ${JSON.stringify(given)}`] };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const wrong = Object.keys(options)
    .filter((name) => !(name in OPTIONS))
    .map((name) => `${name}: there is no such option; there are ${Object.keys(OPTIONS).join(", ")}`);
  for (const [name, [expected, isRight]] of Object.entries(OPTIONS)) {
    if (name in options ? !isRight(options[name]) : name === "queue")
      wrong.push(`${name}: expected ${expected}${name in options ? `, got ${JSON.stringify(options[name])}` : ""}`);
  }
  if (wrong.length > 0) return { wrong };
  return settled({ ...DEFAULTS, ...options } as unknown as WrittenOptions);
}

interface WrittenOptions extends Omit<PluginOptions, "apiKeys"> {
  apiKeys?: string | string[];
}

/** Turns values into texts, and checks those that are settings of wakeq. */
function settled({ apiKeys, ...options }: WrittenOptions): ReturnType<typeof readOptions> {
  const entries = Object.entries(options.environment).map(([name, value]) => [name, String(value)] as const);
  const environment = Object.fromEntries(entries);
  const keys = apiKeys === undefined ? {} : { apiKeys: [apiKeys].flat().join(",") };
  const settings = { ...environment, ...("apiKeys" in keys ? { API_KEYS: keys.apiKeys } : {}) };
  const plain = Object.fromEntries(Object.entries(settings).filter(([, value]) => !value.startsWith("ssm:")));
  const wrong = [...wrongAmong(plain)].map(([name, fault]) =>
    name === "API_KEYS" && apiKeys !== undefined ? `apiKeys: ${fault}` : `environment.${name}: ${fault}`,
  );
  return wrong.length > 0 ? { wrong } : { options: { ...options, ...keys, environment } };
}

function isListOf(isRight: Check): Check {
  return (list) => Array.isArray(list) && list.every(isRight);
}

function areVariables(variables: object): boolean {
  return Object.entries(variables).every(([name, value]) => /^[A-Za-z]\w*$/.test(name) && isScalar(value));
}

function isStatement(statement: unknown): boolean {
  return isRecord(statement) && ["Effect", "Action", "Resource"].every((name) => name in (statement as object));
}

function isAudience(alarms: unknown): boolean {
  if (!isRecord(alarms)) return false;
  const { email, topicArn, ...others } = alarms as Record<string, unknown>;
  const isTopic = topicArn === undefined || isRecord(topicArn) || (isText(topicArn) && /^arn:/.test(String(topicArn)));
  const isAddress = email === undefined || (isText(email) && String(email).includes("@"));
  return isTopic && isAddress && Object.keys(others).length === 0 && (email ?? topicArn) !== undefined;
}
