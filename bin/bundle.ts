import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "dist/container");
const PROCESSES = ["serve", "worker", "gateway", "doctor", "health"];

/**
 * `npm run bundle`: what runs in a container, each process as one file, into `dist/container`. So the image holds Node and
 * these alone: no package manager's tree, no TypeScript, nothing of development; and they start in a third of the time.
 * With the plugins of the Lambda functions (`serverless.yml`): the pages need them in any case.
 */
async function main(): Promise<void> {
  const plugins = createRequire(import.meta.url)("../esbuild.plugins.cjs") as Plugin[];
  await rm(OUT, { recursive: true, force: true });
  for (const name of PROCESSES) {
    await build({
      ...{ entryPoints: [`bin/${name}.ts`], outfile: join(OUT, `${name}.cjs`), absWorkingDir: ROOT },
      ...{ bundle: true, minify: true, keepNames: true, format: "cjs", platform: "node", target: "node20" },
      ...{ mainFields: ["module", "main"], loader: { ".lua": "text", ".html": "text" }, plugins },
      ...{ sourcemap: "linked", sourcesContent: false, logLevel: "warning" },
    });
  }
}

await main();
