import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Template } from "../aws/template/template.ts";
import { unzip } from "../aws/unzip.ts";
import { emptyProject, install } from "./project.ts";

const ROOT = join(import.meta.dirname, "../..");

/** `sls` itself: a signal must reach it, and not npx. */
export const SLS = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");

/** Packages for deploying: a quarter of a gigabyte that is installed here already. */
const TOOLS = ["esbuild", "serverless", "serverless-esbuild", "serverless-offline"];

/** Installs the example from the packed package, outside of this repository. */
export async function serverlessProject(): Promise<{ folder: string; remove(): Promise<void> }> {
  const project = await emptyProject();
  await cp(join(ROOT, "examples/serverless"), project.folder, { recursive: true });
  await withoutTools(project.folder);
  await install(project.folder);
  for (const tool of TOOLS) await symlink(join(ROOT, "node_modules", tool), join(project.folder, "node_modules", tool));
  await cp(join(ROOT, "examples/serverless/package.json"), join(project.folder, "package.json"));
  return project;
}

/** Leaves what deploys out of what is installed. */
async function withoutTools(folder: string): Promise<void> {
  const file = join(folder, "package.json");
  const { devDependencies: _, ...manifest } = JSON.parse(await readFile(file, "utf8")) as Record<string, object>;
  await writeFile(file, JSON.stringify(manifest));
}

/** What `sls package` makes of a project. */
export interface Packaged {
  template: Template;
  /** The names of the files in each zip, by the zip's name. */
  zips: Record<string, string[]>;
}

/** Runs `sls package` for the stage dev. Rejects with its output if it fails. */
export async function packaged(folder: string): Promise<Packaged> {
  const { PATH = "" } = process.env;
  const home = await mkdtemp(join(tmpdir(), "wakeq-home-")); // there is no ~/.aws in it, and it takes what packaging leaves
  await promisify(execFile)(process.execPath, [SLS, "package", "--stage", "dev"], {
    cwd: folder,
    env: { PATH, HOME: home, TMPDIR: home },
  }).finally(() => rm(home, { recursive: true, force: true }));
  const packed = join(folder, ".serverless");
  const text = await readFile(join(packed, "cloudformation-template-update-stack.json"), "utf8");
  const zips = (await readdir(packed)).filter((name) => name.endsWith(".zip"));
  return {
    // Without the time of this package, in the names of its files.
    template: JSON.parse(text.replace(/\d{13}-[\d-]+T[\d:.]+Z/g, "now")) as Template,
    zips: Object.fromEntries(
      await Promise.all(zips.map(async (name) => [name, await filesIn(join(packed, name))] as const)),
    ),
  };
}

async function filesIn(zip: string): Promise<string[]> {
  return [...unzip(await readFile(zip))].map(([name]) => name).sort();
}
