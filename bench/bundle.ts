import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** `entry` as one file, made as what is deployed is made. Its size in bytes. */
export async function bundle(entry: string, outfile: string): Promise<number> {
  const plugins = createRequire(import.meta.url)("../esbuild.plugins.cjs") as Plugin[];
  await build({
    ...{ entryPoints: [entry], outfile, absWorkingDir: ROOT, plugins, logLevel: "warning" },
    ...{ bundle: true, minify: true, format: outfile.endsWith(".mjs") ? "esm" : "cjs" },
    ...{ platform: "node", target: "node20", mainFields: ["module", "main"] },
  });
  return statSync(outfile).size;
}
