import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { settings } from "../esbuild.config.cjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What a build wrote. */
export interface BuildOutput {
  /** The file to run. */
  file: string;
  /** Every .mjs and .mjs.map file that was written, with what esbuild says about it. */
  outputs: Record<string, Metafile["outputs"][string]>;
  /** The .mjs files that a start loads: `file`, the handler that it guards, and what both import at their top. */
  loaded: string[];
  /** Packages that were left out because they are `external`. */
  externals: string[];
}

/** Builds `entry` as `name`.mjs into `folder`, with the settings of everything that is deployed (esbuild.config.cjs). */
export async function buildInto(
  folder: string,
  entry: string,
  name = parse(entry).name,
  plugins: BuildOptions["plugins"] = [],
): Promise<BuildOutput> {
  const { metafile } = await build({
    ...settings,
    plugins: [...settings.plugins!, ...plugins],
    entryPoints: { [name]: entry },
    outdir: folder,
    metafile: true,
    logLevel: "warning",
  });
  const outputs = Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, output]) => [join(ROOT, path), output]),
  );
  const file = join(folder, `${name}.mjs`);
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const externals = settings.external.filter((external) =>
    imports.some(({ path }) => path === external || path.startsWith(`${external}/`)),
  );
  return { file, outputs, loaded: loadedWith(file, outputs), externals };
}

function loadedWith(file: string, outputs: BuildOutput["outputs"], seen = new Set<string>()): string[] {
  seen.add(file);
  for (const { path, kind, external } of outputs[file]?.imports ?? []) {
    const imported = join(ROOT, path);
    const isLoaded = kind === "import-statement" || outputs[imported]?.entryPoint?.endsWith("?guarded");
    if (isLoaded && !external && !seen.has(imported)) loadedWith(imported, outputs, seen);
  }
  return [...seen];
}
