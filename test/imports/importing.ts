import { execFile } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Change } from "../support/service-copy.ts";

const TASKS = join(import.meta.dirname, "tasks");
/** One with native code, and one that only a dynamically imported module names. */
const EXTERNAL = ["@node-rs/crc32", "yaml"];
const INDEX = `
import * as z from "zod/mini";
import { defineTask, indexTasks } from "../lib/tasks.ts";
import { importing } from "./importing.mjs";

export const taskList = [defineTask({ name: "importing", input: z.strictObject({}), run: importing })] as const;
export const tasks = indexTasks(taskList);
`;

/** Packages of a copy with `external` ones are installed by npm, which has them in this machine's cache after the first time. */
export const NPM = { npm_config_cache: join(homedir(), ".npm"), npm_config_prefer_offline: "true" };

/** Gives a copy of the service one task in place of its own: it imports a module of each kind when it runs. */
export const withImportingTask: Change = async (service) => {
  await cp(TASKS, join(service, "tasks"), { recursive: true });
  await writeFile(join(service, "tasks/index.ts"), INDEX);
  await replace(join(service, "esbuild.config.cjs"), "external: [],", `external: ${JSON.stringify(EXTERNAL)},`);
  const manifest = JSON.parse(await readFile(join(service, "package.json"), "utf8")) as Record<string, object>;
  const { dependencies, devDependencies } = manifest as Record<string, Record<string, string>>;
  for (const name of EXTERNAL) {
    dependencies![name] = devDependencies![name]!;
    delete devDependencies![name];
  }
  await writeFile(join(service, "package.json"), JSON.stringify(manifest));
};

/** What the task's imports give in plain Node, without any build: what it must return everywhere. */
export async function inPlainNode(node = process.execPath): Promise<unknown> {
  const script = `console.log(JSON.stringify(await (await import("./importing.mjs")).importing()));`;
  const { stdout } = await promisify(execFile)(node, ["--input-type=module", "-e", script], { cwd: TASKS });
  return JSON.parse(stdout);
}

async function replace(file: string, text: string, by: string): Promise<void> {
  const before = await readFile(file, "utf8");
  if (!before.includes(text)) throw new Error(`${file} has no ${text}`);
  await writeFile(file, before.replace(text, by));
}
