import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { buildPackage } from "../../bin/package/build.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The package as npm gets it: a .tgz file. */
    tarball: string;
  }
}

const ROOT = join(import.meta.dirname, "../..");
/** What lies beside `dist` in the package, or decides what does. */
const BESIDE = ["package.json", "README.md", "CHANGELOG.md", "LICENSE", "client/README.md"];

/** Packs the package once for all tests, from a copy: two test runs must not share one `dist`. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-package-"));
  await buildPackage(join(folder, "dist"));
  for (const file of BESIDE) await cp(join(ROOT, file), join(folder, file), { recursive: true });
  // What `npm run bundle` leaves there is no part of it.
  await mkdir(join(folder, "dist/container"));
  await writeFile(join(folder, "dist/container/worker.mjs"), "");
  const { stdout } = await promisify(execFile)("npm", ["pack", "--ignore-scripts", "--json"], { cwd: folder });
  provide("tarball", join(folder, /"filename": "(.+)"/.exec(stdout)![1]!));
  return () => rm(folder, { recursive: true, force: true });
}
