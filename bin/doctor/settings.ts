import { type Config, type Environment, misspeltSettings, readConfig, readSecrets } from "../../lib/config/config.ts";
import { isLoopback } from "../../lib/config/local.ts";
import { describe } from "../../lib/errors.ts";
import type { Addresses } from "../../local/stack-file.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** What the settings say. */
export interface SettingsRead {
  /** Absent if not even the database's address can be read. */
  config?: Config;
  /** Neither address nor token is set, so this is about the stack of `npm start`. */
  isLocalStack: boolean;
  /** The values that must not be shown. */
  secrets: string[];
  findings: Finding[];
}

/** Where Upstash's console shows a database's address and token. */
export const CONSOLE = "console.upstash.com → your database → Connect → REST";
/** How to get credentials for AWS. */
export const AWS_CREDENTIALS = 'set AWS credentials: eval "$(aws configure export-credentials --format env)"';
/** How to start a local stack. */
export const START_IT =
  "npm start, in another terminal (with the same LOCAL_DATA_DIR); or set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN";
const NEEDED = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"] as const;

/** Checks the settings. A wrong one does not keep the others from being checked. */
export async function checkSettings(
  environment: Environment,
  findStack: () => Promise<Addresses | undefined>,
): Promise<SettingsRead> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== "" && value));
  const isLocalStack = NEEDED.every((name) => given[name] === undefined);
  const stack = isLocalStack ? await findStack() : undefined;
  const { variables, findings } = await resolved({ ...given, ...(stack ? localStack(given, stack) : {}) });
  const secrets = SECRET.flatMap((name) => variables[name] ?? []);
  if (stack) findings.push(ok("database", `none is set: the local stack at ${stack.rest.url}`));
  else if (isLocalStack) findings.push(fail("database", "none is set, and no local stack runs here", START_IT));
  if (findings.some(({ state }) => state === "FAIL")) return { isLocalStack, secrets, findings };

  const { config, wrong } = readWhatCanBeRead(variables);
  findings.push(
    ...wrong.map(({ name, line }) => fail("settings", line, fixOf(name, variables[name]))),
    ...(wrong.length === 0 ? [ok("settings", "every setting that is set has a valid value")] : []),
  );
  findings.push(...namesOf(given));
  if (config) findings.push(...checkAddress(config, isLocalStack), keysOf(config), prefixOf(config));
  return { ...(config ? { config } : {}), isLocalStack, secrets, findings };
}

function namesOf(given: Environment): Finding[] {
  return misspeltSettings(given).map(({ name, nearest }) =>
    warn("settings", `${name} is set, and no setting has that name`, `did you mean ${nearest}?`),
  );
}

const SECRET = ["UPSTASH_REDIS_REST_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "API_KEYS"];

/** Replaces `ssm:NAME` by the parameter's value, as the deployed functions do. */
async function resolved(given: Environment): Promise<{ variables: Environment; findings: Finding[] }> {
  try {
    const read = await readSecrets(given);
    if (!read) return { variables: given, findings: [] };
    const names = Object.keys(given).filter((name) => given[name] !== read[name]);
    return { variables: read, findings: [ok("secrets", `read from SSM: ${names.join(", ")}`)] };
  } catch (error) {
    const fix = given.AWS_ACCESS_KEY_ID ? "aws ssm put-parameter --type SecureString; AWS_REGION" : AWS_CREDENTIALS;
    return { variables: given, findings: [fail("secrets", describe(error).message, fix)] };
  }
}

/** Returns the variables that `npm start` sets for its functions. */
function localStack(given: Environment, { rest, lambda }: Addresses): Environment {
  return {
    UPSTASH_REDIS_REST_URL: rest.url,
    UPSTASH_REDIS_REST_TOKEN: rest.token,
    WORKER_FUNCTION_NAME: given.WORKER_FUNCTION_NAME ?? "wakeq-local-worker",
    AWS_ENDPOINT_URL_LAMBDA: given.AWS_ENDPOINT_URL_LAMBDA ?? lambda,
    IS_OFFLINE: "true",
  };
}

/** Reads the settings again without the wrong ones: the message of a `ConfigError` has a line for each. */
function readWhatCanBeRead(given: Environment): { config?: Config; wrong: { name: string; line: string }[] } {
  try {
    return { config: readConfig(given), wrong: [] };
  } catch (error) {
    const lines = describe(error).message.split("\n").slice(1);
    const wrong = lines.map((line) => ({ name: line.trim().split(":")[0]!, line: line.trim() }));
    const names = wrong.map(({ name }) => name);
    if (names.length === 0) throw error;
    if (NEEDED.some((name) => names.includes(name))) return { wrong };
    const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));
    return { ...readWhatCanBeRead(rest), wrong };
  }
}

function fixOf(name: string, value: string | undefined): string {
  if (name === "UPSTASH_REDIS_REST_URL" && /^rediss?:/.test(value ?? ""))
    return `that is the address for TCP clients; take the one that begins with https:// from ${CONSOLE}`;
  if (NEEDED.some((needed) => needed === name)) return `copy it from ${CONSOLE}`;
  if (name === "API_KEYS") return "make a key with npm run key, and put the entry that it prints there";
  return "correct it: docs/settings.md says what it means";
}

function checkAddress({ redis: { url, token } }: Config, isLocalStack: boolean): Finding[] {
  return [addressFinding(new URL(url), isLocalStack), ...tokenFinding(token)];
}

function addressFinding({ protocol, hostname, host }: URL, isLocalStack: boolean): Finding {
  if (protocol === "https:") return ok("address", `https://${host}`);
  if (isLocalStack || isLoopback(hostname)) return ok("address", `http://${host}, which does not leave this machine`);
  if (hostname.endsWith(".upstash.io"))
    return fail("address", `http://${host}: the token would travel in clear`, `write https://${host}`);
  return warn(
    "address",
    `http://${host}: the token travels in clear`,
    "use https://, unless this is a private network, for example between containers",
  );
}

/** Checks the token's characters: one pasted with quotes or a line break would be refused, and nobody would see why. */
function tokenFinding(token: string): Finding[] {
  if (/^[\x21\x23-\x26\x28-\x7e]+$/.test(token)) return [];
  return [fail("token", "it holds quotes, white space or letters that no token has", `copy it again from ${CONSOLE}`)];
}

function keysOf({ apiKeys, isLocal }: Config): Finding {
  if (apiKeys.length === 0) {
    if (isLocal) return ok("API keys", "none, and a local stack needs none");
    return warn(
      "API keys",
      "none: a deployed API refuses to serve until there is one",
      "npm run key -- --name ci --scopes submit+read, then add the entry that it prints to API_KEYS of the deployment",
    );
  }
  const list = apiKeys.map(({ name, scopes }) => `${name} (${scopes.join(", ")})`).join("; ");
  const may = (scope: "submit" | "read" | "admin") =>
    apiKeys.some(({ scopes }) => scopes.includes(scope) || scopes.includes("admin"));
  const missing = (["submit", "read", "admin"] as const).filter((scope) => !may(scope));
  if (missing.length === 0 || missing.join() === "admin") return ok("API keys", list);
  return warn(
    "API keys",
    `${list}; no key has the scope ${missing.join(" or ")}`,
    `npm run key -- --name NAME --scopes ${missing.join("+")}`,
  );
}

function prefixOf({ queue }: Config): Finding {
  return ok("key prefix", queue.prefix ? `every key begins with {${queue.prefix}}:` : "none: job_queue… and job:…");
}
