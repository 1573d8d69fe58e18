import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import getPort, { portNumbers } from "get-port";
import type { Backend } from "../packages/redis-rest-local/src/backend.ts";
import type { Durability } from "../packages/redis-rest-local/src/durability.ts";
import { createEmbedded } from "../packages/redis-rest-local/src/embedded/embedded.ts";
import { startGateway } from "../packages/redis-rest-local/src/gateway.ts";
import { FolderInUse, lock } from "../packages/redis-rest-local/src/lock.ts";
import { RedisNotFound } from "../packages/redis-rest-local/src/redis-server.ts";
import { connectBackend } from "../packages/redis-rest-local/src/server-backend.ts";
import { keptToken } from "../packages/redis-rest-local/src/token.ts";
import { endLeftOvers, remember } from "./companions.ts";
import { type Offline, startOffline } from "./offline.ts";
import { openPrivateRedis, type PrivateRedis } from "./private-redis.ts";
import { shownUrl } from "./shown-url.ts";
import { announce } from "./stack-file.ts";

/** What to start. */
export interface StackOptions {
  /** The ports, by the name of their setting. If one is taken, that is reported and the next free one is used. */
  ports: { PORT: number; LAMBDA_PORT: number; REDIS_REST_PORT: number };
  dataDir: string;
  /** The folder of the service. Default: this one. */
  service?: string;
  /** A Redis that already runs, or `embedded:` for the store in this process. Default: a private server. */
  redisUrl?: string;
  /** A database behind Upstash's REST API, in place of a local Redis and its gateway. */
  upstash?: { url: string; token: string };
  /** What an accepted job survives, in the private Redis and the embedded store. Default: "process". */
  durability?: Durability;
  /** The gateway's token. Default: a random one, which the data folder keeps. */
  token?: string;
  /** Names of the gateway besides this machine's loopback ones. */
  hosts?: readonly string[];
  stage: string;
  /** More variables for the functions. */
  environment: Record<string, string>;
  /** Gets the stack's own messages; `log` gets each line of the functions' logs. */
  say(line: string): void;
  log(line: string): void;
}

/** A running stack. */
export interface Stack {
  url: string;
  lambdaUrl: string;
  rest: { url: string; token: string };
  /** The private Redis; undefined if another one is used. */
  redis?: Omit<PrivateRedis, "backend" | "stop">;
  /** Why the embedded store is used; undefined if it is not. */
  embedded?: "asked for" | "no Redis found";
  offline: Offline;
  /** Ends everything, the newest first. May be called twice. If data was not saved, rejects after everything has ended. */
  stop(): Promise<void>;
}

const PIDS = "processes";
const EMBEDDED = "embedded:";

/** Starts everything on this machine: Redis, the REST gateway in front of it, and the functions on serverless-offline. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const endings: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= endAll(endings);
    return stopping;
  };
  try {
    await takeFolder(options.dataDir, endings);
    const ports = await choosePorts(options.ports, options.say);
    const database = options.upstash
      ? { rest: options.upstash }
      : await startDatabase(options, ports.REDIS_REST_PORT, endings);
    options.say("building the functions and starting them on serverless-offline …");
    const { offline, api, lambda } = await startFunctions(options, ports, {
      ...options.environment,
      UPSTASH_REDIS_REST_URL: database.rest.url,
      UPSTASH_REDIS_REST_TOKEN: database.rest.token,
    });
    endings.push(() => offline.stop());
    const { pid, folder } = offline;
    await remember(join(options.dataDir, PIDS), { pid, mark: "serverless.js offline start", folder });
    endings.push(await announce(options.dataDir, { pid: process.pid, api, lambda, rest: database.rest }));
    return { url: api, lambdaUrl: lambda, ...database, offline, stop };
  } catch (error) {
    await stop().catch(() => {}); // the error that stopped the start says more
    throw error;
  }
}

/** Another process may take a port after it was chosen, and before the functions are built. */
const MOST_STARTS = 3;

/** Starts the functions; again on other ports, where theirs have been taken meanwhile. */
async function startFunctions(options: StackOptions, chosen: FunctionPorts, environment: Record<string, string>) {
  let ports = chosen;
  for (let starts = 1; ; starts++) {
    try {
      const { PORT: port, LAMBDA_PORT: lambdaPort } = ports;
      const { service, stage, log } = options;
      const given = { port, lambdaPort, stage, log, environment };
      const offline = await startOffline({ ...given, ...(service === undefined ? {} : { service }) });
      return { offline, api: `http://127.0.0.1:${port}`, lambda: `http://127.0.0.1:${lambdaPort}` };
    } catch (error) {
      if (starts === MOST_STARTS || !/EADDRINUSE/.test(String(error))) throw error;
      const { PORT, LAMBDA_PORT } = options.ports;
      ports = await choosePorts({ PORT, LAMBDA_PORT }, options.say);
    }
  }
}

/** Locks the data folder for this process, and ends what an earlier stack left running when it was killed. */
async function takeFolder(dataDir: string, endings: (() => Promise<void>)[]): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  endings.push(await locked(dataDir));
  await endLeftOvers(join(dataDir, PIDS));
  endings.push(() => rm(join(dataDir, PIDS), { force: true }));
}

async function locked(dataDir: string): Promise<() => Promise<void>> {
  try {
    return await lock(dataDir);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    const wayOut = "end it, or set LOCAL_DATA_DIR to another folder";
    throw new Error(`another wakeq runs on the data in ${resolve(dataDir)}: ${wayOut}`, { cause: error });
  }
}

/** Ends everything, even if ending one thing fails. */
async function endAll(endings: (() => Promise<void>)[]): Promise<void> {
  const errors: Error[] = [];
  for (const end of endings.reverse()) await end().catch((error: Error) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("\n"));
}

type FunctionPorts = Pick<StackOptions["ports"], "PORT" | "LAMBDA_PORT">;

async function choosePorts<Ports extends FunctionPorts>(ports: Ports, say: StackOptions["say"]): Promise<Ports> {
  const chosen: number[] = [];
  const found: Record<string, number> = {};
  for (const [name, wanted] of Object.entries(ports) as [string, number][]) {
    const last = Math.min(wanted + 200, 65_535);
    const among = wanted === 0 ? {} : { port: portNumbers(wanted, last) };
    const port = await getPort({ ...among, host: "127.0.0.1", exclude: chosen });
    if (wanted !== 0 && port !== wanted) say(`port ${wanted} (${name}) is taken: using ${port}`);
    chosen.push(port);
    found[name] = port;
  }
  return found as Ports;
}

async function startDatabase(options: StackOptions, port: number, endings: (() => Promise<void>)[]) {
  const { backend, ...what } = await connect(options, endings);
  const { token = await keptToken(options.dataDir), hosts = [] } = options;
  const gateway = await startGateway({ backend, port, token, hosts });
  endings.push(() => gateway.close());
  return { rest: { url: gateway.url, token: gateway.token }, ...what };
}

/** Connects to the Redis that was asked for. The default is a private one, or the embedded store if none is installed. */
async function connect(options: StackOptions, endings: (() => Promise<void>)[]) {
  const { redisUrl, durability = "process", say } = options;
  if (redisUrl === EMBEDDED) return { backend: await openEmbedded(options, endings), embedded: "asked for" as const };
  if (redisUrl !== undefined) return { backend: await connected(redisUrl, endings) };
  const dir = resolve(options.dataDir, "redis");
  say("starting Redis …");
  try {
    const { backend, stop, ...redis } = await openPrivateRedis({ dir, durability, say });
    endings.push(stop);
    await remember(join(options.dataDir, PIDS), { pid: redis.pid, mark: `127.0.0.1:${redis.port}` });
    return { backend, redis };
  } catch (error) {
    if (!(error instanceof RedisNotFound)) throw error;
    return { backend: await openEmbedded(options, endings), embedded: "no Redis found" as const };
  }
}

async function openEmbedded(options: StackOptions, endings: (() => Promise<void>)[]): Promise<Backend> {
  const { dataDir, durability = "process", say } = options;
  const backend = await createEmbedded({ dir: resolve(dataDir, "embedded"), durability, log: say });
  endings.push(() => backend.close());
  return backend;
}

async function connected(url: string, endings: (() => Promise<void>)[]): Promise<Backend> {
  const backend = connectBackend({ url });
  endings.push(() => backend.close());
  await reach(backend, url);
  return backend;
}

async function reach(backend: Backend, url: string): Promise<void> {
  try {
    await backend.send(["PING"]);
  } catch (cause) {
    const what = `no Redis answers at ${shownUrl(url)} (REDIS_URL)`;
    throw new Error(`${what}: start it, or unset REDIS_URL for a private one`, { cause });
  }
}
