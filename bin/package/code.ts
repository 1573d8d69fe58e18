import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { settings } from "../../esbuild.config.cjs";
import { builtFrom, COMMANDS, COMMONJS_DOORS, DOORS } from "./doors.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What the service's plugins do for a whole function of its own. */
const OF_FUNCTIONS = ["guarded-handlers", "travel-together"];

/**
 * Modules of Node that code asks for when it runs, not with `import`: the namespace of an ES module reads every export, and
 * one of these loads Node's whole `fetch`, 36 ms on Node 24.
 */
const builtinsWhenNeeded: Plugin = {
  name: "builtins-when-needed",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^node:https?$/ }, ({ path }) => ({ path, namespace: "builtin" }));
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: "js",
    }));
  },
};

/** Puts the Lua engine's WebAssembly into the code, as text: a bundler, or CommonJS, would not find a file beside it. */
const luaInlined: Plugin = {
  name: "lua-inlined",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]embedded[\\/]lua[\\/]wasm-file\.ts$/ }, () => ({
      contents: 'import bytes from "wasmoon-lua5.1/dist/liblua5.1.wasm"; export const wasmFile = () => bytes;',
      loader: "js",
      resolveDir: ROOT,
    }));
  },
};

const shared = {
  absWorkingDir: ROOT,
  bundle: true,
  // Names stay, for the stack traces of those who use the package.
  minifyWhitespace: true,
  charset: "utf8",
  minifySyntax: true,
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  external: ["next/server.js"], // where it is needed, the application has it
  loader: { ".lua": "text", ".html": "text", ".wasm": "binary" },
  plugins: [...settings.plugins!.filter(({ name }) => !OF_FUNCTIONS.includes(name)), builtinsWhenNeeded, luaInlined],
  logLevel: "warning",
} satisfies BuildOptions;

/** Builds the doors and the commands into `folder`. Returns what esbuild says about each file. */
export async function buildCode(folder: string): Promise<Metafile["outputs"]> {
  const sources = [...Object.values(DOORS), ...Object.values(COMMANDS), ...PAGES];
  const { metafile } = await build({
    ...shared,
    entryPoints: Object.fromEntries(sources.map((source) => [builtFrom(source), source])),
    outdir: folder,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    metafile: true,
  });
  await buildCommonJs(folder);
  return metafile.outputs;
}

/** The pages, which the bundle for `require` shares with the rest: they are half of the package. */
const PAGES = ["lib/routes/dashboard-page.ts", "lib/routes/docs-page.ts"];

const pagesApart: Plugin = {
  name: "pages-apart",
  setup({ onResolve }) {
    onResolve({ filter: /-page\.ts$/ }, ({ path, resolveDir }) => {
      const source = relative(ROOT, join(resolveDir, path));
      return PAGES.includes(source) ? { path: `../${builtFrom(source)}.js`, external: true } : undefined;
    });
  },
};

/** Builds the doors for `require` out of one bundle: an error that one of them throws is an instance of the class in the other. */
async function buildCommonJs(folder: string): Promise<void> {
  const bundle = "commonjs/index.cjs";
  await build({
    ...shared,
    plugins: [pagesApart, ...shared.plugins],
    stdin: {
      contents: COMMONJS_DOORS.map(
        (door, i) => `export * as door${i} from ${JSON.stringify(`./${DOORS[door]}`)};`,
      ).join("\n"),
      resolveDir: ROOT,
    },
    outfile: join(folder, bundle),
    format: "cjs",
  });
  for (const [i, door] of COMMONJS_DOORS.entries()) {
    const built = join(folder, `${builtFrom(DOORS[door]!)}.cjs`);
    const up = builtFrom(DOORS[door]!)
      .split("/")
      .slice(1)
      .map(() => "../")
      .join("");
    await mkdir(join(built, ".."), { recursive: true });
    await writeFile(built, `module.exports = require(${JSON.stringify(`${up}${bundle}`)}).door${i};\n`);
  }
}
