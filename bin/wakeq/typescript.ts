import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CommandError } from "./command-error.ts";
import { shownPath } from "./find-queue.ts";
import { hookImports } from "./hooks.ts";

/** What can read a project's TypeScript. `running`: this process reads it already, as it does in wakeq's own repository. */
export type Reader = "running" | "node" | "tsx" | "esbuild" | "none";

/** Decides who reads a queue file. Node's own way starts fastest; `hasPackage` tells whether the project has a package. */
export function readerOf(file: string, nodeReads: boolean, hasPackage: (name: string) => boolean): Reader {
  if (!/\.[mc]?ts$/.test(file) || nodeReads) return "node";
  if (hasPackage("tsx/esm")) return "tsx";
  if (hasPackage("esbuild")) return "esbuild";
  return "none";
}

/** What `heard` gets where it cannot be known what is imported. */
export const ANY_FILE = "*";

/**
 * Imports a module of the project, in JavaScript or TypeScript. `heard` gets each file of the project that is imported, as
 * far as that can be known.
 *
 * @throws CommandError where nothing can read it; what the module throws
 */
export async function importFile(project: string, file: string, heard: (file: string) => void): Promise<object> {
  const find = finderIn(project);
  const url = pathToFileURL(file).href;
  heard(file);
  switch (isFromSource ? "running" : readerOf(file, nodeReads(), (name) => find(name) !== undefined)) {
    case "running":
    case "node":
      if (!hookImports(heard)) heard(ANY_FILE);
      return import(url).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") throw error;
        if (find("tsx/esm") !== undefined) return throughTsx(find, url, heard);
        throw new CommandError(
          `${shownPath(project, file)}: Node's own TypeScript does not know what it uses (${error.message.split("\n").at(-1)}): run npm install -D tsx`,
        );
      });
    case "tsx":
      return throughTsx(find, url, heard);
    case "esbuild":
      return throughEsbuild(find, project, file, heard);
    case "none":
      throw new CommandError(
        `${shownPath(project, file)}: Node ${process.versions.node} cannot read TypeScript: run npm install -D tsx, or use Node 22.18 or later`,
      );
  }
}

/** Whether this is not what was built, but the source, which something else reads. */
const isFromSource = import.meta.url.endsWith(".ts");

function nodeReads(): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript);
}

type Find = (name: string) => string | undefined;

/** Makes the function that finds a package as the project's own files would. */
function finderIn(project: string): Find {
  const { resolve: find } = createRequire(join(project, "package.json"));
  return (name) => {
    try {
      return find(name);
    } catch {
      return undefined;
    }
  };
}

/** Imports with the project's tsx, apart from what was imported before. */
async function throughTsx(find: Find, url: string, heard: (file: string) => void): Promise<object> {
  // What `tsx/esm/api` is for an import. `find` would give what it is for a `require`.
  const api = new URL("./api/index.mjs", pathToFileURL(find("tsx/esm")!));
  const { tsImport } = (await import(api.href)) as {
    tsImport(url: string, options: { parentURL: string; onImport(url: string): void }): Promise<object>;
  };
  const onImport = (imported: string) => {
    if (imported.startsWith("file:") && !imported.includes("/node_modules/")) heard(fileURLToPath(new URL(imported)));
  };
  return tsImport(url, { parentURL: url, onImport });
}

/** Builds the queue file with the project's esbuild, packages left out, and imports that. */
async function throughEsbuild(
  find: Find,
  project: string,
  file: string,
  heard: (file: string) => void,
): Promise<object> {
  const { default: esbuild } = (await import(pathToFileURL(find("esbuild")!).href)) as {
    default: typeof import("esbuild");
  };
  const outfile = join(project, ".wakeq/built/queue.mjs");
  await mkdir(join(project, ".wakeq/built"), { recursive: true });
  const { metafile } = await esbuild.build({
    absWorkingDir: project,
    entryPoints: [file],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    metafile: true,
    logLevel: "silent",
  });
  process.setSourceMapsEnabled(true);
  for (const input of Object.keys(metafile.inputs)) heard(resolve(project, input));
  return import(pathToFileURL(outfile).href);
}
