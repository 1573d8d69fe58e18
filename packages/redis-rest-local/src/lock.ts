import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { linkSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The longest path of a Unix socket that every system accepts, in bytes: macOS has 104 with the final NUL, Linux 108. */
const MAX_SOCKET_PATH_BYTES = 103;
const LOCK = /^lock\.(\d+)$/;
/** A name longer than any lock's. */
const LONGEST_NAME = "lock.9999999999";

/** The error when another process, or this one, holds the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/**
 * Takes a folder for this process. The lock is a Unix socket in the folder that listens: it ends with the process that holds
 * it, however that ends, and other containers of this host see it.
 *
 * Names grow: lock.1, lock.2, … A name is linked only once its socket listens, so a visible lock is alive, or dead for good.
 * The newest name is never removed, so only one of several processes that start together gets the next one.
 *
 * @returns a function that gives the lock back
 * @throws FolderInUse if it is held
 */
export async function lock(folder: string): Promise<() => Promise<void>> {
  const short = shortPathOf(resolve(folder));
  const mine = `t.${randomUUID().slice(0, 8)}`;
  try {
    const server = await listening(join(short.path, mine));
    if (await take(folder, short.path, mine)) return () => closed(server);
    await closed(server);
    throw new FolderInUse(`${folder} is in use by another process: end that one, or use another folder`);
  } finally {
    rmSync(join(folder, mine), { force: true });
    short.remove();
  }
}

/** Tries to make the socket `mine` the newest lock. Returns false if a live process holds it. */
async function take(folder: string, short: string, mine: string): Promise<boolean> {
  for (;;) {
    const newest = newestOf(folder);
    if (newest > 0 && (await isAlive(join(short, `lock.${newest}`)))) {
      if (newestOf(folder) === newest) return false;
      continue;
    }
    const next = join(folder, `lock.${newest + 1}`);
    try {
      linkSync(join(folder, mine), next);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    // A process that looked before an older name was removed may have linked a name below the newest.
    if (newestOf(folder) > newest + 1) {
      rmSync(next, { force: true });
      continue;
    }
    for (const older of numbersOf(folder)) if (older <= newest) rmSync(join(folder, `lock.${older}`), { force: true });
    return true;
  }
}

function numbersOf(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => (LOCK.test(name) ? [Number(LOCK.exec(name)![1])] : []));
}

function newestOf(folder: string): number {
  return Math.max(0, ...numbersOf(folder));
}

async function listening(path: string): Promise<net.Server> {
  const server = net.createServer((socket) => socket.destroy());
  server.unref();
  server.listen(path);
  try {
    await once(server, "listening");
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`the folder cannot be locked: ${reason}. Use a folder on a disk of this machine`, { cause });
  }
  return server;
}

/** Returns whether a process listens there, even a stopped one. Only a refused connection proves that none does. */
async function isAlive(path: string): Promise<boolean> {
  const socket = net.connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

async function closed(server: net.Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  await once(server, "close");
}

/** Returns a short path of the folder. Node 20 silently cuts a socket's path that is too long, and makes another file. */
function shortPathOf(folder: string): { path: string; remove(): void } {
  if (Buffer.byteLength(join(folder, LONGEST_NAME)) <= MAX_SOCKET_PATH_BYTES) return { path: folder, remove: () => {} };
  const links = mkdtempSync(join(tmpdir(), "wakeq-"));
  const path = join(links, "d");
  symlinkSync(folder, path);
  return { path, remove: () => rmSync(links, { recursive: true, force: true }) };
}
