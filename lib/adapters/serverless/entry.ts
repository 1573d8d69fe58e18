import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { hasPlugin, type Project } from "./project.ts";

/** How the functions' file comes to be. */
export interface Entry {
  /** The `handler` of the functions, without the export's name. */
  handler: string;
  /** Makes the file that `handler` names out of what was written. Absent where another plugin does, or nobody has to. */
  build?: () => Promise<void>;
}

/** Everything that is generated is in this folder. Git leaves it out, and nothing in it needs to be kept. */
const FOLDER = ".wakeq";

/** The door that the functions' file imports, from the project's packages. */
const DOOR = "wakeq/lambda";

/**
 * Decides how the queue's file becomes functions: serverless-esbuild builds them where the project has it, else the project's
 * esbuild does. A queue in JavaScript needs neither.
 *
 * @throws Error with one line, where the queue is in TypeScript and nothing is there to build it
 */
export function entryOf(project: Project, serviceDir: string, queue: string, isLocal: boolean): Entry {
  if (hasPlugin(project, "serverless-esbuild")) return { handler: `${FOLDER}/handlers` };
  if (!/tsx?$/.test(queue)) return { handler: `${FOLDER}/handlers` };
  const esbuild = esbuildOf(serviceDir);
  // Two folders: a package must not take away the files of an `sls offline` that runs beside it.
  const out = `${FOLDER}/${isLocal ? "local" : "build"}`;
  return { handler: `${out}/handlers`, build: () => bundle(esbuild, serviceDir, out) };
}

/** Writes the functions' file. A file that holds the same already is left alone, so that nothing that watches it starts. */
export function writeEntry(
  project: Project,
  serviceDir: string,
  { queue, path }: { queue: string; path: string },
): void {
  const isBuilt = hasPlugin(project, "serverless-esbuild") || /tsx?$/.test(queue);
  mkdirSync(join(serviceDir, FOLDER), { recursive: true });
  write(join(serviceDir, FOLDER, ".gitignore"), "*\n");
  write(join(serviceDir, FOLDER, isBuilt ? "handlers.ts" : "handlers.mjs"), textOf(queue, path));
}

function textOf(queue: string, path: string): string {
  const file = posix.join("..", queue.replaceAll("\\", "/"));
  return `// Written by wakeq/serverless. Changes are lost.
import { lambda, queueIn } from ${JSON.stringify(DOOR)};
import * as file from ${JSON.stringify(file)};

export const { api, worker } = lambda(queueIn(file, ${JSON.stringify(queue)}), { basePath: ${JSON.stringify(path)} });
`;
}

function write(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

interface Esbuild {
  build(options: object): Promise<unknown>;
}

/** Gives the project's own esbuild. */
function esbuildOf(serviceDir: string): Esbuild {
  const require = createRequire(join(serviceDir, "package.json"));
  try {
    return require("esbuild") as Esbuild;
  } catch {
    throw new Error("queue: it is in TypeScript, and nothing here builds that: npm install --save-dev esbuild");
  }
}

/** Builds ES modules, split where a task says `await import("…")`: what is imported is loaded when the import runs. */
async function bundle(esbuild: Esbuild, serviceDir: string, out: string): Promise<void> {
  if (out === `${FOLDER}/build`) await rm(join(serviceDir, out), { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: serviceDir,
    entryPoints: [`${FOLDER}/handlers.ts`],
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true,
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "silent",
    // What CommonJS packages find in Node and not in an ES module. The minifier makes no name as long as ours.
    banner: {
      js: [
        'import{createRequire as __createRequire}from"node:module";',
        "const require=__createRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;",
      ].join(""),
    },
  });
}
