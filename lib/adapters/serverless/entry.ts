import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { hasPlugin, type ServerlessProject } from "./project.ts";

/** How the functions' files come to be. */
export interface Entries {
  /** The folder that `handler` of the functions names: each has a file of its own in it. */
  folder: string;
  /** Makes these files out of what was written. Absent where another plugin does, or nobody has to. */
  build?: () => Promise<void>;
}

/** Everything that is generated is in this folder. Git leaves it out, and nothing in it needs to be kept. */
const FOLDER = ".wakeq";

/**
 * Decides how the queue's file becomes functions: serverless-esbuild builds them where the project has it, else the project's
 * esbuild does. A queue in JavaScript needs neither.
 *
 * @throws Error with one line, where the queue is in TypeScript and nothing is there to build it
 */
export function entriesOf(project: ServerlessProject, serviceDir: string, queue: string, isLocal: boolean): Entries {
  if (hasPlugin(project, "serverless-esbuild") || !isTypeScript(queue)) return { folder: FOLDER };
  const esbuild = esbuildOf(serviceDir);
  // Two folders: a package must not take away the files of an `sls offline` that runs beside it.
  const folder = `${FOLDER}/${isLocal ? "local" : "build"}`;
  return { folder, build: () => bundle(esbuild, serviceDir, folder) };
}

/** Writes the functions' files. One that holds the same already is left alone, so that nothing that watches it starts. */
export function writeEntries(
  project: ServerlessProject,
  serviceDir: string,
  { queue, path }: { queue: string; path: string },
): void {
  const ending = hasPlugin(project, "serverless-esbuild") || isTypeScript(queue) ? "ts" : "mjs";
  mkdirSync(join(serviceDir, FOLDER), { recursive: true });
  write(join(serviceDir, FOLDER, ".gitignore"), "*\n");
  for (const name of ["api", "worker"] as const)
    write(join(serviceDir, FOLDER, `${name}.${ending}`), textOf(name, queue, path));
}

/** Each function imports its own door: the worker loads no route, the API no worker. */
function textOf(name: "api" | "worker", queue: string, path: string): string {
  const quoted = JSON.stringify;
  const file = posix.join("..", queue.replaceAll("\\", "/"));
  const given = [`queueIn(file, ${quoted(queue)})`, ...(name === "api" ? [quoted(path)] : [])];
  return `// Written by wakeq/serverless. Changes are lost.
import { ${name}Handler, queueIn } from ${quoted(`wakeq/lambda/${name}`)};
import * as file from ${quoted(file)};

export const handler = ${name}Handler(${given.join(", ")});
`;
}

function write(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

function isTypeScript(file: string): boolean {
  return /tsx?$/.test(file);
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
async function bundle(esbuild: Esbuild, serviceDir: string, outdir: string): Promise<void> {
  if (outdir === `${FOLDER}/build`) await rm(join(serviceDir, outdir), { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: serviceDir,
    entryPoints: [`${FOLDER}/api.ts`, `${FOLDER}/worker.ts`],
    outdir,
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
