import { parseArgs } from "node:util";
import type { Durability } from "./durability.ts";

/** What `redis-rest-local` was asked for. */
export interface CliOptions {
  readonly port: number;
  readonly host: string;
  /** What callers must send; absent: a random one. */
  readonly token?: string;
  readonly readOnlyToken?: string;
  /** More names that the gateway is called by, in lower case. "any": it listens on a network and none were given. */
  readonly hosts: readonly string[] | "any";
  /** The Redis server behind it, as a URL; absent: the embedded store. */
  readonly redis?: string;
  /** The folder that keeps the embedded store; absent: nothing is kept. */
  readonly data?: string;
  readonly durability: Durability;
}

/** The text that `--help` prints. */
export const USAGE = `Usage: redis-rest-local [options]

Serves Upstash's Redis REST protocol on this machine.

  --port NUMBER             where it listens; 0 is any free port (8079)
  --host ADDRESS            the address it listens on (127.0.0.1)
  --token TOKEN             what callers must send (UPSTASH_REDIS_REST_TOKEN, or a random one)
  --read-only-token TOKEN   a second token, which may only read (REDIS_REST_READ_ONLY_TOKEN)
  --allowed-hosts NAMES     more names it may be called by, separated by commas (ALLOWED_HOSTS)
  --redis URL               a Redis server: redis://, rediss:// or unix:// (the embedded store)
  --data FOLDER             keep the embedded store in this folder (nothing is kept)
  --durability WHAT         what kept data survives: process or power (process)
  --help, --version
`;

const DEFAULT_PORT = 8079;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/**
 * Reads the command line; what it leaves out comes from the environment.
 *
 * @throws Error naming the option and what is expected
 */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CliOptions | "help" | "version" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      token: { type: "string" },
      "read-only-token": { type: "string" },
      "allowed-hosts": { type: "string" },
      redis: { type: "string" },
      data: { type: "string" },
      durability: { type: "string", default: "process" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean" },
    },
  });
  if (values.help) return "help";
  if (values.version) return "version";
  const { host, redis, data } = values;
  const token = values.token ?? environment.UPSTASH_REDIS_REST_TOKEN;
  const readOnlyToken = values["read-only-token"] ?? environment.REDIS_REST_READ_ONLY_TOKEN;
  if (token && token === readOnlyToken) throw new Error("--read-only-token: expected another one than --token");
  if (redis && data) throw new Error("--data: keeps the embedded store, and --redis asks for a server: leave one out");
  return {
    port: portOf(values.port),
    host,
    hosts: hostsOf(host, values["allowed-hosts"] ?? environment.ALLOWED_HOSTS ?? ""),
    durability: durabilityOf(values.durability),
    ...(token ? { token } : {}),
    ...(readOnlyToken ? { readOnlyToken } : {}),
    ...(redis ? { redis } : {}),
    ...(data ? { data } : {}),
  };
}

function portOf(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`--port: expected a number from 0 to 65535, got ${JSON.stringify(text)}`);
}

function hostsOf(listensAt: string, list: string): readonly string[] | "any" {
  const names = list
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return names.length > 0 || LOOPBACK.test(listensAt) ? names : "any";
}

function durabilityOf(text: string): Durability {
  if (text === "process" || text === "power") return text;
  throw new Error(`--durability: expected process or power, got ${JSON.stringify(text)}`);
}
