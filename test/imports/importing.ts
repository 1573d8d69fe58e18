import { execFile } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { blocksOf } from "../support/markdown.ts";
import type { Change } from "../support/service-copy.ts";

const TASKS = join(import.meta.dirname, "tasks");
/** Packages with native code, one that reads files beside its own, and one that only a dynamic import names. */
const EXTERNAL = ["@node-rs/crc32", "sharp", "pdfkit", "yaml"];
const INDEX = `
import * as z from "zod/mini";
import { defineTask, indexTasks } from "../lib/tasks.ts";
import { importing } from "./importing.mjs";
import * as real from "./real.ts";
import { resizeImage } from "./resizeImage.ts";

const own = defineTask({ name: "importing", input: z.strictObject({}), run: importing });
export const taskList = [own, resizeImage, ...Object.values(real)] as const;
export const tasks = indexTasks(taskList);
`;

/** Lets npm install the `external` packages of a copy from this machine's cache, after the first time. */
export const NPM = { npm_config_cache: join(homedir(), ".npm"), npm_config_prefer_offline: "true" };

/**
 * Replaces the tasks in a copy of the service: by one that imports a module of each kind when it runs, the real ones
 * (test/real-tasks) and the README's example, as it stands there but for the path of `wakeq`.
 */
export const withImportingTasks: Change = async (service) => {
  await cp(TASKS, join(service, "tasks"), { recursive: true });
  await writeFile(join(service, "tasks/index.ts"), INDEX);
  const real = await readFile(join(import.meta.dirname, "../real-tasks/tasks.ts"), "utf8");
  await writeFile(join(service, "tasks/real.ts"), real.replaceAll('"../../lib/', '"../lib/'));
  const { blocks } = await blocksOf("README.md");
  const { code } = blocks.find((block) => /sharp/.test(block.code))!;
  await writeFile(join(service, "tasks/resizeImage.ts"), code.replace('"wakeq"', '"../lib/tasks.ts"'));
  await replace(join(service, "esbuild.config.cjs"), "external: [],", `external: ${JSON.stringify(EXTERNAL)},`);
  const manifest = JSON.parse(await readFile(join(service, "package.json"), "utf8")) as Record<string, object>;
  const { dependencies = {}, devDependencies } = manifest as Record<string, Record<string, string>>;
  for (const name of EXTERNAL) {
    dependencies[name] = devDependencies![name]!;
    delete devDependencies![name];
  }
  await writeFile(join(service, "package.json"), JSON.stringify({ ...manifest, dependencies }));
};

/** What the task's imports give in plain Node without any build: the task must return this everywhere. */
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
