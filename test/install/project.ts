import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inject, onTestFinished } from "vitest";

const INSTALL = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];

/** Makes another person's project, outside of this one: an empty folder. */
export async function emptyProject(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-install-"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Installs what a project's package.json names, and the packed package. */
export async function install(folder: string): Promise<void> {
  await promisify(execFile)("npm", [...INSTALL, inject("tarball")], { cwd: folder });
}

/** Makes an empty project that has the package, until the test ends. */
export async function projectWithPackage(): Promise<string> {
  const { folder, remove } = await emptyProject();
  onTestFinished(remove);
  await install(folder);
  return folder;
}
