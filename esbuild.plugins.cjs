const { createHash } = require("node:crypto");
const { readFile } = require("node:fs/promises");
const { createRequire, isBuiltin } = require("node:module");
const { extname, join, relative } = require("node:path");
const { gzipSync } = require("node:zlib");
const { parse } = require("acorn");

/**
 * What a task imports inside its `run` (`await import("nodemailer")`) goes into the worker's bundle alone, as text that is
 * compiled when it is first imported: V8 reads every function of a bundle at each start, and a mailer is two thirds of the
 * worker's. The other functions need a task's name and schema; they never run it, so for them the import is left unresolved.
 *
 * @type {import("esbuild").Plugin}
 */
const lazyImportsForTheWorker = {
  name: "lazy-imports-for-the-worker",
  setup(build) {
    build.onResolve({ filter: /^[^.]/ }, async ({ kind, path, resolveDir, pluginData }) => {
      if (kind !== "dynamic-import" || isBuiltin(path) || pluginData === "inside") return undefined;
      if (!isWorker(build)) return { path, external: true };
      const found = await build.resolve(path, { kind, resolveDir, pluginData: "inside" });
      return { path: relative(__dirname, found.path), namespace: "lazy", errors: found.errors };
    });
    build.onLoad({ filter: /.*/, namespace: "lazy" }, async ({ path }) => {
      const { bundle, minify, platform, target, mainFields } = { ...build.initialOptions };
      const made = await build.esbuild.build({
        ...{
          entryPoints: [join(__dirname, path)],
          bundle,
          minify,
          platform,
          target,
          mainFields,
          absWorkingDir: __dirname,
        },
        ...{ format: "cjs", write: false, metafile: true, logLevel: "silent" },
      });
      const code = JSON.stringify(made.outputFiles[0].text);
      return {
        contents: `new Function("module", "exports", "require", ${code})(module, exports, require);`,
        watchFiles: Object.keys(made.metafile.inputs).map((name) => join(__dirname, name)),
      };
    });
  },
};

/** @type {(build: import("esbuild").PluginBuild) => boolean} */
function isWorker({ initialOptions }) {
  const [entry] = [initialOptions.entryPoints].flat();
  return /(^|[\\/])worker\.ts$/.test(String(entry));
}

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

const TYPES = { ".js": "text/javascript", ".css": "text/css" };

/**
 * `import file from "./page.js?gzip"`: a file for browsers, compressed, as an `Asset` (lib/site.ts). Our own scripts and
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
      const asset = { type, tag, gzip: gzipSync(bytes, { level: 9 }).toString("base64") };
      return { contents: JSON.stringify(asset), loader: "json", watchFiles };
    });
  },
};

/** @type {(path: string, esbuild: typeof import("esbuild")) => Promise<{ bytes: Uint8Array, watchFiles: string[] }>} */
async function forBrowsers(path, { build }) {
  const isOurs = relative(join(__dirname, "web"), path)[0] !== "." && extname(path) in TYPES;
  if (!isOurs) return { bytes: await readFile(path), watchFiles: [path] };
  const { outputFiles, metafile } = await build({
    ...{ entryPoints: [path], absWorkingDir: __dirname, write: false, metafile: true, logLevel: "silent" },
    ...{ bundle: true, minify: true, format: "esm", target: ["chrome123", "firefox120", "safari17.5"] },
  });
  return {
    bytes: outputFiles[0].contents,
    watchFiles: Object.keys(metafile.inputs).map((name) => join(__dirname, name)),
  };
}

/**
 * `@upstash/redis` has a method for each of Redis' commands, none of which a bundler can leave out: 80 kB, most of a
 * function's size and of its cold start. Here its two classes keep the methods that our code calls by name, and what
 * only the others needed falls away. A test holds the list and the calls together (test/structure/bundles.test.ts).
 *
 * Its class for Node adds a transport and a reader of the environment to the `Redis` below it. Given a transport, as lib/
 * does, it is that class and nothing more: so that class stands in for it.
 *
 * @type {import("esbuild").Plugin}
 */
const leanUpstash = {
  name: "lean-upstash",
  setup(build) {
    build.onLoad({ filter: /@upstash[\\/]redis[\\/]chunk-[A-Z0-9]+\.mjs$/ }, async ({ path }) => {
      return {
        contents: unmapped(keepMethods(await readFile(path, "utf8"), ["Redis", "Pipeline"], REDIS_METHODS)),
        loader: "js",
      };
    });
    build.onLoad({ filter: /@upstash[\\/]redis[\\/]nodejs\.mjs$/ }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      const [, base] = /^import \{[^}]*\bRedis\b[^}]*\} from ("[^"]+");/m.exec(code) ?? [];
      const isThatClass =
        /class \S+ extends Redis \{[^}]*constructor\((\w+)\) \{\s*if \("request" in \1\) \{\s*super\(\1\);\s*return;/;
      if (base === undefined || !isThatClass.test(code.replace(/\/\*.*?\*\//gs, "")))
        throw new Error("@upstash/redis is built otherwise than lean-upstash expects");
      return { contents: unmapped(`export { Redis } from ${base};`), loader: "js" };
    });
  },
};

/** Of `Redis` and `Pipeline`: the commands that lib/ sends, and what these two need themselves. */
const REDIS_METHODS = [
  ...["evalsha", "eval", "mget", "exists", "zrange", "zcount", "zrevrank", "lrange", "lpos"],
  ...["pipeline", "exec", "chain", "addTelemetry"],
];

/** @type {(code: string, classes: string[], kept: string[]) => string} */
function keepMethods(code, classes, kept) {
  const { body } = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const declared = body.flatMap((statement) =>
    statement.type === "VariableDeclaration" ? statement.declarations : [],
  );
  const bodies = classes.map((name) =>
    declared.find(({ id, init }) => id.name === name && init?.type === "ClassExpression"),
  );
  if (bodies.includes(undefined)) throw new Error("@upstash/redis is built otherwise than lean-upstash expects");
  const dropped = bodies.flatMap(({ init }) =>
    init.body.body.filter((member) => isCommand(member) && !kept.includes(member.key.name)),
  );
  dropped.sort((a, b) => a.start - b.start);
  return dropped.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), code);
}

/** A field that holds an arrow function, or a getter that makes an object of such: commands, and groups of them. */
function isCommand({ type, kind, value }) {
  if (type === "PropertyDefinition") return value?.type === "ArrowFunctionExpression";
  return kind === "get" && value.body.body[0]?.argument?.type === "ObjectExpression";
}

/**
 * Most of a source map would be packages' code, which nobody debugs from here: without them it is a half to an eighth of
 * the size.
 *
 * @type {import("esbuild").Plugin}
 */
const ownSourceMaps = {
  name: "own-source-maps",
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      return { contents: unmapped(await readFile(path, "utf8")), loader: "js" };
    });
  },
};

/** esbuild takes over the map that a file brings along: here one that maps nothing. */
function unmapped(code) {
  const map = Buffer.from('{"version":3,"sources":[""],"mappings":"AAAA"}').toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${map}`;
}

module.exports = [lazyImportsForTheWorker, leanLua, leanUpstash, gzippedAssets, ownSourceMaps];
module.exports.redisMethods = REDIS_METHODS;
