import "./dotenv.ts";
import { relative } from "node:path";
import { misspeltSettings, readConfig, readDoor } from "../lib/config/config.ts";
import { ConfigError } from "../lib/errors.ts";
import { lineOf } from "../local/log-lines.ts";
import { printable, printableLines } from "../local/printable.ts";
import { type Stack, startStack } from "../local/stack.ts";
import { dataDirOf } from "../local/stack-file.ts";
import { readDurability } from "../packages/redis-rest-local/src/durability.ts";
import { askedToEnd } from "./asked-to-end.ts";
import { outliveOutput } from "./outlive-output.ts";
import { progress } from "./progress.ts";

/** Defaults that suit a laptop. A variable that is set wins. */
const LOCAL_DEFAULTS = {
  SHUTDOWN_GRACE_SECONDS: "1", // a person who pressed Ctrl-C waits this long
  LINGER_SECONDS: "40", // long enough for the third retry to be on time; a waiting worker costs nothing here
};

async function main(): Promise<void> {
  outliveOutput();
  // Set up before anything starts, so that a signal during the start ends what has been started.
  const asked = askedToEnd();
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const environment = { ...LOCAL_DEFAULTS, ...pick(given, Object.keys(LOCAL_DEFAULTS)) };
  const upstash = upstashOf(given);
  readConfig({
    ...given,
    ...environment,
    UPSTASH_REDIS_REST_URL: "http://127.0.0.1",
    UPSTASH_REDIS_REST_TOKEN: "local",
    ...upstash?.variables,
  });

  const said = progress((line) => console.log(`wakeq: ${printable(line)}`));
  for (const { name, nearest } of misspeltSettings(given))
    console.log(`wakeq: ${name} is set, and no setting has that name: did you mean ${nearest}?`);

  const stack = await startStack({
    ports: {
      PORT: port("PORT", 3000),
      LAMBDA_PORT: port("LAMBDA_PORT", 3002),
      REDIS_REST_PORT: port("REDIS_REST_PORT", 8079),
    },
    dataDir: dataDirOf(given),
    hosts: readDoor(given).hosts,
    ...tokenOf(given),
    ...(given.REDIS_URL === undefined ? {} : { redisUrl: given.REDIS_URL }),
    ...(upstash ? { upstash: upstash.database } : {}),
    durability: readDurability(given),
    stage: "local",
    environment,
    say: said.say,
    log: printLog,
  });
  const example = await exampleOf(stack.url);
  said.end();
  greet(stack, upstash !== undefined, example);
  await tick(stack);
  const ended = await Promise.race([asked, endedByItself(stack)]);
  console.log("\nwakeq: ending … (press Ctrl-C again to end immediately)");
  await stack.stop();
  if (ended) throw new Error(ended);
  console.log("wakeq: ended; jobs are kept for the next start");
}

function upstashOf({
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: token,
}: Record<string, string | undefined>) {
  if (url === undefined && token === undefined) return undefined;
  if (url === undefined || token === undefined) {
    throw new ConfigError(
      "set both UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN for a database at Upstash, or neither for a local one",
    );
  }
  return { database: { url, token }, variables: { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } };
}

/** Reads the token of the local gateway, if one is set. */
function tokenOf({ REDIS_REST_TOKEN: token }: Record<string, string | undefined>): { token?: string } {
  if (token === undefined) return {};
  if (!/^[\x21-\x7e]{8,}$/.test(token)) {
    throw new ConfigError(
      "these settings are wrong:\n  REDIS_REST_TOKEN: expected 8 or more printable ASCII characters without spaces",
    );
  }
  return { token };
}

function port(name: string, otherwise: number): number {
  const value = process.env[name] || String(otherwise);
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new ConfigError(
      `these settings are wrong:\n  ${name}: expected a port from 0 (any) to 65535, got ${JSON.stringify(value)}`,
    );
  }
  return Number(value);
}

function pick(from: Record<string, string | undefined>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

function printLog(line: string): void {
  const shown = lineOf(line);
  if (shown !== undefined) console.log(shown);
}

/** Wakes the worker as the schedule does each minute, so that jobs of an earlier run need not wait for the first minute. */
async function tick({ lambdaUrl }: Stack): Promise<void> {
  await fetch(`${lambdaUrl}/2015-03-31/functions/wakeq-local-worker/invocations`, {
    method: "POST",
    body: '{"source":"tick"}',
    headers: { "x-amz-invocation-type": "Event" },
  });
}

/** Returns a command to try: a job of the first task that runs without a payload. */
async function exampleOf(url: string): Promise<string> {
  const document = (await fetch(`${url}/openapi.json`)
    .then((answer) => answer.json())
    .catch(() => ({}))) as OpenApiDocument;
  const { JobRequest, ...schemas } = document.components?.schemas ?? {};
  const found = Object.entries(JobRequest?.discriminator?.mapping ?? {}).find(
    ([, schema]) => !schemas[schema.split("/").pop()!]?.required?.includes("payload"),
  );
  return found ? `curl -d '{"task":"${found[0]}"}' ${url}/submit-job` : `open ${url}/docs`;
}

interface OpenApiDocument {
  components?: {
    schemas: Record<string, { required?: string[]; discriminator?: { mapping: Record<string, string> } }>;
  };
}

function greet({ url, rest, redis, embedded }: Stack, isUpstash: boolean, example: string): void {
  console.log(`
  wakeq is ready.

    API      ${url}
    Pages    ${url}/ (dashboard)   ${url}/docs
    Redis    ${isUpstash ? rest.url : `${rest.url}  token ${rest.token}`}${redis ? `\n             ${cliOf(redis)}` : ""}
${embedded ? EMBEDDED_NOTE[embedded] : ""}
  Try it:

    ${example}

  or, in a second terminal, npm run demo. Ctrl-C ends it.
`);
}

/** Returns a redis-cli command that does not show the password. */
function cliOf({ port, passwordFile }: NonNullable<Stack["redis"]>): string {
  return `redis-cli -p ${port} -a "$(cat ${relative("", passwordFile)})"`;
}

const HOW_TO_LEAVE =
  "a real one: install redis-server or valkey-server and start again,\n             or set REDIS_URL to one that runs. Jobs do not move between the two.\n";
const EMBEDDED_NOTE = {
  "no Redis found": `             This is the embedded store: no redis-server is on the PATH. For\n             ${HOW_TO_LEAVE}`,
  "asked for": `             This is the embedded store (REDIS_URL=embedded:). For\n             ${HOW_TO_LEAVE}`,
};

/** Resolves, to a message, when a part of the stack has ended without being told to. */
function endedByItself({ offline, redis }: Stack): Promise<string> {
  return Promise.race([
    offline.ended.then(() => "serverless-offline ended by itself"),
    ...(redis ? [redis.ended.then((lines) => `the private Redis ended by itself:\n${lines}`)] : []),
  ]);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`wakeq: ${printableLines(error instanceof Error ? error.message : String(error))}`);
    process.exit(1);
  },
);
