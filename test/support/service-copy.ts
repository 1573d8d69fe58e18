import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Alters a copy of the service before it is used. Gets the copy's folder. */
export type Change = (service: string) => Promise<void>;

/**
 * A copy of the service into a folder that is not there yet: all but its tests, with the packages that are installed here.
 * Unless `change` does something else, with the tests' tasks (tasks.ts) in place of those in tasks/.
 */
export async function copyService(to: string, change: Change = withTestTasks): Promise<void> {
  for (const name of (await readdir(ROOT)).filter(isOfTheService))
    await cp(join(ROOT, name), join(to, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(to, "node_modules"));
  await change(to);
}

/** Puts the tests' tasks in the place of all others. */
export async function withTestTasks(service: string): Promise<void> {
  const text = await readFile(join(import.meta.dirname, "tasks.ts"), "utf8");
  await rm(join(service, "tasks"), { recursive: true });
  await mkdir(join(service, "tasks"));
  await writeFile(join(service, "tasks/index.ts"), text.replaceAll('"../../lib/', '"../lib/'));
}

/** A copy in a folder for the moment, with `remove` to end it. */
export async function temporaryService(change?: Change): Promise<{ folder: string; remove(): Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), "wakeq-service-"));
  const folder = join(parent, "service");
  await copyService(folder, change);
  return { folder, remove: () => rm(parent, { recursive: true, force: true }) };
}

function isOfTheService(name: string): boolean {
  return name === ".dockerignore" || !(name.startsWith(".") || ["node_modules", "test", "dist"].includes(name));
}
