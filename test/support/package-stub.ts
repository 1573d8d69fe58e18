import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { settings } from "../../esbuild.config.cjs";

const ROOT = join(import.meta.dirname, "../..");
const DOORS = { ".": "index", "./lambda": "lambda", "./serverless": "serverless" };

/** Puts the package's doors into a project's `node_modules`, built as they would be published. */
export async function installStub(project: string): Promise<void> {
  const folder = join(project, "node_modules/wakeq");
  await mkdir(folder, { recursive: true });
  await build({
    ...settings,
    absWorkingDir: ROOT,
    entryPoints: Object.values(DOORS).map((door) => `lib/${door}.ts`),
    outdir: join(folder, "dist"),
    outExtension: { ".js": ".js" },
    plugins: (settings.plugins ?? []).filter(({ name }) => /lean-lua|gzipped-assets|packages/.test(name)),
    banner: {},
    logLevel: "error",
  });
  const exports = Object.fromEntries(
    Object.entries(DOORS).map(([door, file]) => [door, { default: `./dist/${file}.js` }]),
  );
  const manifest = { name: "wakeq", version: "0.0.0", type: "module", exports };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
}
