import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { installFolder } from "../support/npm-folder.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether AWS' runtime interface client is there. */
    runtimeClient: boolean;
  }
}

export const RUNTIME = join(import.meta.dirname, "runtime");
const NODE_24 = join(RUNTIME, "node_modules", `node-linux-${process.arch}`, "bin/node");

/** The Node that runs this, and that of Lambda. On a machine without builds of the second: the first alone. */
export function nodes(): { name: string; path: string }[] {
  const here = { name: `Node ${process.versions.node}`, path: process.execPath };
  return existsSync(NODE_24) ? [here, { name: "Node 24", path: NODE_24 }] : [here];
}

/**
 * Install AWS' runtime interface client and the Node that Lambda runs, at the first use: no part of `npm ci`, since npm
 * before 12 would run the client's install script, which compiles for a minute.
 *
 * @throws Error with npm's own words
 */
export function install(): void {
  installFolder(RUNTIME);
  // npm leaves out an optional package that the registry does not have, and says nothing.
  const isBuilt = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  if (isBuilt && !existsSync(NODE_24)) throw new Error("npm ci in test/aws/runtime brought no Node 24");
}

/** Before the tests here: without a registry to install from they are left out, in CI they fail. */
export default function setup({ provide }: TestProject): void {
  try {
    install();
    provide("runtimeClient", true);
  } catch (error) {
    if (process.env.CI) throw error;
    console.log("AWS' runtime client could not be installed: the tests of the packaged functions are left out.");
    provide("runtimeClient", false);
  }
}
