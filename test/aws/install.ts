import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { installFolder } from "../support/npm-folder.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether AWS' runtime interface client is installed. */
    runtimeClient: boolean;
    /** A folder for what test files package for each other. */
    packages: string;
  }
}

export const RUNTIME = join(import.meta.dirname, "runtime");
const NODE_24 = join(RUNTIME, "node_modules", `node-linux-${process.arch}`, "bin/node");

/** The Node that runs this and the Node of Lambda; only the first on a machine for which the second has no build. */
export function nodes(): { name: string; path: string }[] {
  const here = { name: `Node ${process.versions.node}`, path: process.execPath };
  return existsSync(NODE_24) ? [here, { name: "Node 24", path: NODE_24 }] : [here];
}

/**
 * Installs AWS' runtime interface client and the Node of Lambda, at the first use. Not part of `npm ci`, since npm
 * before 12 would run the client's install script, which compiles for a minute.
 *
 * @throws Error with npm's own words
 */
export function install(): void {
  installFolder(RUNTIME);
  // npm silently leaves out an optional package that the registry does not have.
  const isBuilt = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  if (isBuilt && !existsSync(NODE_24)) throw new Error("npm ci in test/aws/runtime brought no Node 24");
}

/** Installs before the tests. Without a registry to install from the tests are skipped; in CI they fail. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  try {
    install();
    provide("runtimeClient", true);
  } catch (error) {
    if (process.env.CI) throw error;
    console.log("AWS' runtime client could not be installed: the tests of the packaged functions are left out.");
    provide("runtimeClient", false);
  }
  const packages = await mkdtemp(join(tmpdir(), "wakeq-packages-"));
  provide("packages", packages);
  return () => rm(packages, { recursive: true, force: true });
}
