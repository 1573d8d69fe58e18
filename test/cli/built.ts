import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { buildCode } from "../../bin/package/code.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

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
  await buildCode(join(folder, "dist"));
  const { type, exports } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as Record<string, unknown>;
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "wakeq", version: "0.0.0-test", type, exports }),
  );
}
