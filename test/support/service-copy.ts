import { cp, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Alters a copy of the service before it is used. Gets the copy's folder. */
export type Change = (service: string) => Promise<void>;

/** A copy of the service into a folder that is not there yet: all but its tests, with the packages that are installed here. */
export async function copyService(to: string, change: Change = async () => {}): Promise<void> {
  for (const name of (await readdir(ROOT)).filter(isOfTheService))
    await cp(join(ROOT, name), join(to, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(to, "node_modules"));
  await change(to);
}

function isOfTheService(name: string): boolean {
  return name === ".dockerignore" || !(name.startsWith(".") || ["node_modules", "test", "dist"].includes(name));
}
