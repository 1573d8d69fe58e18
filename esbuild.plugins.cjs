const { createHash } = require("node:crypto");
const { appendFile, readFile } = require("node:fs/promises");
const { createRequire, isBuiltin } = require("node:module");
const { basename, dirname, extname, join, parse, relative } = require("node:path");
const { brotliCompressSync, constants, gzipSync } = require("node:zlib");

/**
 * Scripts as text, without indentation and comment lines: they are half of the text, in the bundle and on the wire.
 *
 * @type {import("esbuild").Plugin}
 */
const leanLua = {
  name: "lean-lua",
  setup(build) {
    build.onLoad({ filter: /\.lua$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { contents: text.replace(/^[ \t]+/gm, "").replace(/^(--.*)?\n/gm, ""), loader: "text" };
    });
  },
};

/** A tenth smaller than gzip in as much time. The best that there is would take 14 s for a page, at each start. */
const QUICK = { [constants.BROTLI_PARAM_QUALITY]: 6 };

const TYPES = { ".js": "text/javascript", ".tsx": "text/javascript", ".css": "text/css" };

/**
 * `import file from "./page.js?gzip"`: a file for browsers, compressed in both ways, as an `Asset` (lib/http/site.ts). Our own scripts and
 * style sheets (web/) are bundled and minified first, those of packages are taken as they are.
 *
 * @type {import("esbuild").Plugin}
 */
const gzippedAssets = {
  name: "gzipped-assets",
  setup(build) {
    build.onResolve({ filter: /\?gzip$/ }, ({ path, resolveDir }) => ({
      path: relative(__dirname, createRequire(join(resolveDir, "importer.cjs")).resolve(path.replace(/\?gzip$/, ""))),
      namespace: "gzip",
    }));
    build.onLoad({ filter: /.*/, namespace: "gzip" }, async ({ path }) => {
      const { bytes, watchFiles } = await forBrowsers(join(__dirname, path), build.esbuild);
      const tag = createHash("sha256").update(bytes).digest("base64url").slice(0, 16);
      const type = `${TYPES[extname(path)] ?? "text/plain"}; charset=utf-8`;
      const br = brotliCompressSync(bytes, { params: QUICK }).toString("base64");
      const asset = { type, tag, br, gzip: gzipSync(bytes, { level: 9 }).toString("base64") };
      return { contents: JSON.stringify(asset), loader: "json", watchFiles };
    });
  },
};

/** @type {(path: string, esbuild: typeof import("esbuild")) => Promise<{ bytes: Uint8Array, watchFiles: string[] }>} */
async function forBrowsers(path, { build }) {
  const isOurs = relative(join(__dirname, "web"), path)[0] !== "." && extname(path) in TYPES;
  if (!isOurs) return { bytes: await readFile(path), watchFiles: [path] };
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
    absWorkingDir: __dirname,
    write: false,
    metafile: true,
    logLevel: "silent",
    bundle: true,
    minify: true,
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    target: ["chrome123", "firefox120", "safari17.5"],
  });
  return {
    bytes: outputFiles[0].contents,
    watchFiles: Object.keys(metafile.inputs).map((name) => join(__dirname, name)),
  };
}

/** Packages that the engine itself is made of. */
const OF_THE_ENGINE = /[\\/]node_modules[\\/](zod|@upstash|swagger-ui-dist)[\\/]/;

/**
 * Packages keep the names of their functions and classes, by which some tell who they are and what went wrong
 * (`this.constructor.name`), although all that is bundled is minified. Kept everywhere, they would make what a start of the
 * worker loads 3 kB larger, zipped. And their code is left out of the source map: that would be most of it, which
 * nobody debugs from here.
 *
 * @type {import("esbuild").Plugin}
 */
const packages = {
  name: "packages",
  setup({ onLoad, esbuild }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      if (OF_THE_ENGINE.test(path)) return { contents: unmapped(code), loader: "js" };
      const named = await esbuild.transform(code, {
        keepNames: true,
        loader: "js",
        platform: "node",
        target: "node20",
      });
      return { contents: unmapped(named.code), loader: "js" };
    });
  },
};

/** esbuild takes over the map that a file brings along: here one that maps nothing. */
function unmapped(code) {
  const map = Buffer.from('{"version":3,"sources":[""],"mappings":"AAAA"}').toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${map}`;
}

/**
 * Keeps what belongs to one function together when serverless-esbuild makes its zip. That takes the files whose names
 * begin with the function's own, so chunks get such names; and it takes the `external` packages that the entry file
 * imports, so those that only a chunk imports are named there as well, in a function that nobody calls.
 *
 * @type {import("esbuild").Plugin}
 */
const travelTogether = {
  name: "travel-together",
  setup({ initialOptions, onEnd }) {
    const { entryPoints, absWorkingDir = "", write = true } = initialOptions;
    const name = Array.isArray(entryPoints) ? parse(entryPoints[0]).name : Object.keys(entryPoints)[0];
    Object.assign(initialOptions, { chunkNames: `${name}.[name]-[hash]`, metafile: true });
    onEnd(async ({ metafile }) => {
      const outputs = Object.entries(metafile?.outputs ?? {});
      const entry = outputs.find(([file]) => basename(file) === `${name}.mjs`)?.[0];
      const imported = outputs.filter(([file]) => file !== entry).flatMap(([, { imports }]) => imports);
      const packages = imported.filter(({ external, path }) => external && !isBuiltin(path)).map(({ path }) => path);
      if (entry === undefined || packages.length === 0 || !write) return;
      const imports = [...new Set(packages)].map((path) => `import(${JSON.stringify(path)})`);
      await appendFile(join(absWorkingDir, entry), `()=>[${imports}];\n`);
    });
  },
};

/** The names of plugins that handle whole functions: what guards a function is built without them. */
const OF_WHOLE_FUNCTIONS = ["guarded-handlers", "travel-together", "kept-builds"];

/**
 * Puts lib/adapters/lambda/guarded.ts in front of every handler, which becomes a chunk of its own: a function whose modules do not load
 * answers like any other that fails, instead of not being there. What guards shares no module with what is guarded: it is
 * in one file, and a cold start reads one more and not three.
 *
 * @type {import("esbuild").Plugin}
 */
const guardedHandlers = {
  name: "guarded-handlers",
  setup(build) {
    const { mainFields, target, plugins = [] } = build.initialOptions;
    const guard = () =>
      build.esbuild.build({
        entryPoints: [join(__dirname, "lib/adapters/lambda/guarded.ts")],
        absWorkingDir: __dirname,
        write: false,
        metafile: true,
        bundle: true,
        minify: true,
        format: "esm",
        platform: "node",
        mainFields,
        target,
        logLevel: "silent",
        plugins: plugins.filter(({ name }) => !OF_WHOLE_FUNCTIONS.includes(name)),
      });
    build.onResolve({ filter: /\?guarded$/ }, ({ path }) => ({ path: path.replace(/\?.*/, ""), suffix: "?guarded" }));
    build.onLoad({ filter: /[\\/]handlers[\\/]\w+\.ts$/ }, async ({ path, suffix }) => {
      if (suffix !== "" || dirname(path) !== join(__dirname, "handlers")) return undefined;
      const load = `() => import(${JSON.stringify(`${path}?guarded`)})`;
      const contents = [
        'import { guarded } from "the-guard";',
        `const loading = guarded("${parse(path).name}", ${load});`,
        "export const handler = async (...given) => (await loading)(...given);", // no await here: `require` loads it too
      ];
      return { contents: contents.join("\n"), loader: "js", resolveDir: dirname(path) };
    });
    build.onResolve({ filter: /^the-guard$/ }, ({ path }) => ({ path, namespace: "guard" }));
    build.onLoad({ filter: /.*/, namespace: "guard" }, async () => {
      const { outputFiles, metafile } = await guard();
      const watchFiles = Object.keys(metafile.inputs).map((name) => join(__dirname, name));
      return { contents: outputFiles[0].text, loader: "js", watchFiles };
    });
  },
};

module.exports = { guardedHandlers, leanLua, gzippedAssets, packages, travelTogether };
