import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Environment } from "../../lib/config/config.ts";
import { shownUrl } from "../../local/shown-url.ts";
import { announce } from "../../local/stack-file.ts";
import type { Backend } from "../../packages/redis-rest-local/src/backend.ts";
import { readDurability } from "../../packages/redis-rest-local/src/durability.ts";
import { startGateway } from "../../packages/redis-rest-local/src/gateway.ts";
import { FolderInUse } from "../../packages/redis-rest-local/src/lock.ts";
import { randomToken } from "../../packages/redis-rest-local/src/token.ts";
import { CommandError } from "./command-error.ts";
import { databaseIn } from "./environment.ts";

/** The folder of everything that `wakeq dev` keeps in a project. */
export const OWN_FOLDER = ".wakeq";

/** The database that `wakeq dev` uses. */
export interface DevStore {
  /** What the queue's process gets to reach it. */
  variables: Environment;
  /** One line for people. */
  shown: string;
  close(): Promise<void>;
}

/** What decides which store is opened. */
export interface StoreOptions {
  environment: Environment;
  project: string;
  /** Where the embedded store keeps its data. */
  dataDir: string;
  say(line: string): void;
}

/** Opens the database: Upstash's if the environment names one, else the Redis of `REDIS_URL`, else an embedded store. */
export async function openStore(options: StoreOptions): Promise<DevStore> {
  const { environment, project } = options;
  const named = databaseIn(environment);
  mustBeWhole(environment);
  if (named !== undefined) return { variables: {}, shown: `${named} (from your settings)`, close: async () => {} };
  const own = join(project, OWN_FOLDER);
  await mkdir(own, { recursive: true, mode: 0o700 });
  await writeFile(join(own, ".gitignore"), "*\n");
  const { REDIS_URL: url } = environment;
  const isEmbedded = url === undefined || url === "embedded:";
  const backend = isEmbedded ? await openEmbedded(options) : await connected(url);
  const gateway = await startGateway({ backend, port: 0, token: randomToken(), hosts: [] });
  const rest = { url: gateway.url, token: gateway.token };
  const forget = await announce(own, { pid: process.pid, api: rest.url, lambda: rest.url, rest });
  return {
    variables: { UPSTASH_REDIS_REST_URL: rest.url, UPSTASH_REDIS_REST_TOKEN: rest.token },
    shown: isEmbedded ? `embedded, kept in ${options.dataDir}` : shownUrl(url),
    async close() {
      await forget();
      await gateway.close();
      await backend.close();
    },
  };
}

/** Refuses half a database. @throws CommandError */
function mustBeWhole(environment: Environment): void {
  for (const [url, token] of [
    ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"],
    ["KV_REST_API_URL", "KV_REST_API_TOKEN"],
  ] as const) {
    const missing = [url, token].filter((name) => environment[name] === undefined);
    if (missing.length === 1)
      throw new CommandError(
        `${missing[0]} is missing: set it as well, or neither of the two for a store on this machine`,
      );
  }
}

async function openEmbedded({ environment, project, dataDir, say }: StoreOptions): Promise<Backend> {
  // Loaded where it is needed only: it brings Lua along.
  const { createEmbedded } = await import("../../packages/redis-rest-local/src/embedded/embedded.ts");
  try {
    const durability = readDurability(environment);
    return await createEmbedded({ dir: resolve(project, dataDir), durability, log: say });
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    throw new CommandError(
      `another wakeq dev runs on the data in ${dataDir}: end it, or pass another folder with --data`,
    );
  }
}

async function connected(url: string): Promise<Backend> {
  const { connectBackend } = await import("../../packages/redis-rest-local/src/server-backend.ts");
  const backend = connectBackend({ url });
  try {
    await backend.send(["PING"]);
    return backend;
  } catch (cause) {
    await backend.close();
    throw new CommandError(
      `no Redis answers at ${shownUrl(url)} (REDIS_URL): start it, or unset REDIS_URL for the embedded store`,
      { cause },
    );
  }
}
