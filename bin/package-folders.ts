import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** Returns the folders below `root`, as `node_modules/name`, of these packages and of everything that they depend on. */
export function packageFolders(names: readonly string[], root: string): string[] {
  const found = new Set<string>();
  const add = (name: string, from: string, isOptional: boolean): void => {
    const folder = folderOf(name, from, root);
    if (folder === undefined) {
      if (isOptional) return; // built for another machine
      throw new Error(`the package ${name} is not installed: run npm ci`);
    }
    if (found.has(folder)) return;
    found.add(folder);
    const manifest = readFileSync(join(root, folder, "package.json"), "utf8");
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(manifest) as Manifest;
    for (const each of Object.keys({ ...dependencies, ...optionalDependencies }))
      add(each, folder, each in optionalDependencies);
  };
  for (const name of names) add(name, ".", false);
  return [...found];
}

/** Finds a package as Node does: in the node_modules of `from`, then of each folder above it, up to `root`. */
function folderOf(name: string, from: string, root: string): string | undefined {
  const folder = join(from, "node_modules", name);
  if (existsSync(join(root, folder, "package.json"))) return folder;
  return from === "." ? undefined : folderOf(name, dirname(from), root);
}
