import { open, readFile, rm } from "node:fs/promises";

/** Locks that this process holds: its id in a file may also be that of an earlier process. */
const held = new Set<string>();

/**
 * Keep other processes, and this one, from using a directory twice. Returns what gives it free.
 *
 * @throws Error when a process that is alive uses it
 */
export async function lock(path: string): Promise<() => Promise<void>> {
  if (held.has(path)) throw new Error(`${path}: this process uses the store already`);
  held.add(path);
  try {
    await write(path);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return async () => {
    await rm(path, { force: true });
    held.delete(path);
  };
}

async function write(path: string): Promise<void> {
  for (;;) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    if (owner !== process.pid && isAlive(owner)) throw new Error(`${path}: process ${owner} uses the store`);
    // Left behind by a process that was killed.
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
