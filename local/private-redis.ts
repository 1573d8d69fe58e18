import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cutEnd, syncToDisk } from "../packages/redis-rest-local/src/append-only.ts";
import type { Backend } from "../packages/redis-rest-local/src/backend.ts";
import type { Durability } from "../packages/redis-rest-local/src/durability.ts";
import { startRedis } from "../packages/redis-rest-local/src/redis-server.ts";
import { connectBackend } from "../packages/redis-rest-local/src/server-backend.ts";
import { keptBackend, unwritten } from "./kept-backend.ts";

/** How much a power cut may lose if `durability` is "process", in ms. */
const SYNC_AFTER_MS = 1_000;

/** The settings of a private Redis. */
export interface PrivateRedisOptions {
  readonly dir: string;
  readonly durability: Durability;
  /** Gets messages for people. */
  readonly say: (line: string) => void;
}

/** A private Redis that runs. */
export interface PrivateRedis {
  readonly backend: Backend;
  readonly port: number;
  readonly pid: number;
  /** The address, with the password. */
  readonly url: string;
  /** The file with its password, which changes with each start. Only this user may read it. */
  readonly passwordFile: string;
  /** Resolves when it has ended, also by itself, to the last lines that it printed. */
  readonly ended: Promise<string>;
  /** Ends it. Rejects, once it has ended, if changes were not kept. */
  stop(): Promise<void>;
}

/**
 * Starts a Redis for this user alone. Its replies come only when the change is kept, as `durability` says.
 *
 * @throws RedisNotFound if there is no server to start
 * @throws Error that says what to do if its data cannot be read
 */
export async function openPrivateRedis({ dir, durability, say }: PrivateRedisOptions): Promise<PrivateRedis> {
  const password = randomBytes(24).toString("hex");
  const server = await startRedis({
    dir,
    password,
    appendOnly: true,
    // With "everysec", Redis delays a write while an earlier one is forced to the disk, and yet answers it. So this process
    // forces the file to the disk each second itself.
    args: ["--appendfsync", durability === "power" ? "always" : "no"],
    log(line) {
      const said = cutEnd(line);
      if (said !== undefined) say(said);
    },
  });
  const passwordFile = join(dir, "password");
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 }).catch((error: Error) =>
    say(`${passwordFile} could not be written: ${error.message}`),
  );
  const plain = connectBackend({ url: server.url });
  let syncTimer: NodeJS.Timeout | undefined;
  function syncSoon(): void {
    syncTimer ??= setTimeout(() => {
      syncTimer = undefined;
      syncToDisk(dir).catch((error: Error) => say(`${dir}: the disk did not take what was written: ${error.message}`));
    }, SYNC_AFTER_MS);
  }
  const backend = keptBackend(plain, durability === "process" ? syncSoon : undefined);
  const { port, pid, url, ended } = server;
  return {
    backend,
    port,
    pid,
    url,
    ended,
    passwordFile,
    async stop() {
      const why = await unwritten(plain).catch(() => undefined); // a server that has ended has written all that it answered
      clearTimeout(syncTimer);
      await plain.close();
      await server.stop();
      await rm(passwordFile, { force: true });
      if (why !== undefined) throw new Error(`${dir}: ${why}. Changes that were refused since then are lost`);
    },
  };
}
