import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { linkSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The longest path of a Unix socket that every system takes whole, in bytes: macOS has 104 with the end, Linux 108. */
const MAX_SOCKET_PATH_BYTES = 103;
const LOCK = /^lock\.(\d+)$/;
/** A name that is longer than any that a lock gets. */
const LONGEST_NAME = "lock.9999999999";

/** Another process, or this one, holds the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/**
 * Takes a folder for this process. The lock is a Unix socket in it that listens: it ends with the process that holds it,
 * however that ends, and is seen from other containers of this host.
 *
 * Names grow: lock.1, lock.2, … A name is linked only when its socket listens, so what is visible is alive or dead for
 * ever. The newest name is never removed, so that of several that start at one time one gets the next.
 *
 * @returns what gives the lock back
 * @throws FolderInUse when it is held
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

/** Whether the socket `mine` became the newest lock; otherwise a live one is. */
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
    // One that looked before an older name was removed may have linked behind the newest.
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

/** Whether a process listens there, also one that is stopped. Only a refusal says that none does. */
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

/** The folder by a path that a socket's may begin with: Node 20 cuts a longer one in silence, and makes another file. */
function shortPathOf(folder: string): { path: string; remove(): void } {
  if (Buffer.byteLength(join(folder, LONGEST_NAME)) <= MAX_SOCKET_PATH_BYTES) return { path: folder, remove: () => {} };
  const links = mkdtempSync(join(tmpdir(), "wakeq-"));
  const path = join(links, "d");
  symlinkSync(folder, path);
  return { path, remove: () => rmSync(links, { recursive: true, force: true }) };
}
