import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Changes a copy of the service before it is used. Gets the copy's folder. */
export type Change = (service: string) => Promise<void>;

/**
 * Copies the service into a folder that does not exist yet: everything but the tests, with the packages installed here.
 * Unless `change` says otherwise, the tests' tasks (tasks.ts) replace those in tasks/.
 */
export async function copyService(to: string, change: Change = withTestTasks): Promise<void> {
  for (const name of (await readdir(ROOT)).filter(isOfTheService))
    await cp(join(ROOT, name), join(to, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(to, "node_modules"));
  await change(to);
}

/** Puts the tests' tasks in place of all others. */
export async function withTestTasks(service: string): Promise<void> {
  const text = await readFile(join(import.meta.dirname, "tasks.ts"), "utf8");
  await rm(join(service, "tasks"), { recursive: true });
  await mkdir(join(service, "tasks"));
  await writeFile(join(service, "tasks/index.ts"), text.replaceAll('"../../lib/', '"../lib/'));
}

/** A copy in a temporary folder, and `remove` to delete it. */
export async function temporaryService(change?: Change): Promise<{ folder: string; remove(): Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), "wakeq-service-"));
  const folder = join(parent, "service");
  await copyService(folder, change);
  return { folder, remove: () => rm(parent, { recursive: true, force: true }) };
}

function isOfTheService(name: string): boolean {
  return name === ".dockerignore" || !(name.startsWith(".") || ["node_modules", "test", "dist"].includes(name));
}
