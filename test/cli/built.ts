import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { settings } from "../../esbuild.config.cjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What is done for whole functions of the service. */
const OF_FUNCTIONS = ["guarded-handlers", "travel-together"];

/** Builds the package once for a test file. Makes projects in which it is installed, and removes them at the end. */
export function useInstalled() {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wakeq-cli-"));
    await buildInto(join(folder, "wakeq"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    /** Makes a project of these files. `packages` are those of this repository that it has besides wakeq and zod. */
    async project(files: Record<string, string>, packages: readonly string[] = []): Promise<string> {
      const project = await mkdtemp(join(folder, "project-"));
      await mkdir(join(project, "node_modules"));
      await symlink(join(folder, "wakeq"), join(project, "node_modules/wakeq"));
      for (const name of ["zod", ...packages])
        await symlink(join(ROOT, "node_modules", name), join(project, "node_modules", name));
      for (const [path, text] of Object.entries(files)) await writeIn(project, path, text);
      return project;
    },
    /** The script of the command. */
    script: () => join(folder, "wakeq/dist/bin/wakeq.js"),
  };
}

/** Writes a file of a project. */
export async function writeIn(project: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), text);
}

async function buildInto(folder: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { "lib/index": "lib/index.ts", "bin/wakeq": "bin/wakeq.ts" },
    outdir: join(folder, "dist"),
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    loader: { ".lua": "text", ".html": "text" },
    banner: settings.banner!,
    plugins: settings.plugins!.filter(({ name }) => !OF_FUNCTIONS.includes(name)),
    logLevel: "warning",
  });
  const manifest = { name: "wakeq", version: "0.0.0-test", type: "module", exports: { ".": "./dist/lib/index.js" } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await mkdir(join(folder, "node_modules"));
  await symlink(join(ROOT, "node_modules/wasmoon-lua5.1"), join(folder, "node_modules/wasmoon-lua5.1"));
}
