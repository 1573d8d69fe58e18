import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs what the lock file of a folder names, at the first use and whenever it has changed. Not part of `npm ci`.
 *
 * @throws Error with npm's own words
 */
export function installFolder(folder: string): void {
  const installed = join(folder, "node_modules/.package-lock.json");
  if (existsSync(installed) && changedAt(installed) >= changedAt(join(folder, "package-lock.json"))) return;
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status, stderr, error } = spawnSync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(`npm ci in ${folder} failed: ${error?.message ?? stderr}`);
}

function changedAt(file: string): number {
  return statSync(file).mtimeMs;
}
