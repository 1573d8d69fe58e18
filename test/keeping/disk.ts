import { spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Whether this machine can make a disk look full for one process. In CI it must be able to. */
export const canFill = process.env.CI !== undefined || spawnSync("prlimit", ["--version"]).status === 0;

/** Makes the disk look full to a process: none of its files can grow by more than `room` bytes. */
export async function fill(pid: number, dir: string, room: number): Promise<void> {
  limit(pid, String((await longest(dir)) + room));
}

/** Makes room again. */
export function makeRoom(pid: number): void {
  limit(pid, "unlimited");
}

/** A PATH on which redis-server survives a write beyond its limit, as it survives a full disk. Node does so by itself. */
export async function pathWithRedis(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const found = process.env.PATH!.split(delimiter);
  for (const name of ["redis-server", "valkey-server"]) {
    const real = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
    if (real === "") continue;
    await writeFile(join(folder, name), `#!/bin/sh\ntrap '' XFSZ\nexec ${real} "$@"\n`);
    await chmod(join(folder, name), 0o755);
  }
  return [folder, ...found].join(delimiter);
}

function limit(pid: number, soft: string): void {
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), `--fsize=${soft}:`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

async function longest(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true });
  const sizes = names.map((name) =>
    stat(join(dir, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  ); // a file may disappear in the meantime
  return Math.max(0, ...(await Promise.all(sizes)));
}
