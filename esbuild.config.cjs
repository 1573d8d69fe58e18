const { guardedHandlers, leanLua, gzippedAssets, packages, travelTogether } = require("./esbuild.plugins.cjs");

/**
 * How everything that runs elsewhere is built: the functions (serverless.yml), the container's processes (bin/bundle.ts),
 * and what tests and benches measure.
 *
 * ES modules, split where a task says `await import("…")`: what is imported becomes a file of its own, loaded when the
 * import runs and as Node itself would. So a cold start pays only for what it needs.
 *
 * @type {import("esbuild").BuildOptions}
 */
const settings = {
  absWorkingDir: __dirname,
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  outExtension: { ".js": ".mjs" },
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  loader: { ".lua": "text", ".html": "text" },
  // Packages with native code (a .node file), by name: they cannot be bundled, and travel beside the bundle as they are.
  external: [],
  // What CommonJS packages find in Node and not in an ES module. The minifier makes no name as long as ours.
  banner: {
    js: [
      'import{createRequire as __createRequire}from"node:module";',
      "const require=__createRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;",
    ].join(""),
  },
  sourcemap: "linked",
  sourcesContent: false,
  plugins: [guardedHandlers, leanLua, gzippedAssets, packages, travelTogether],
};

/** For serverless-esbuild: the settings above, and its own from serverless.yml. */
module.exports = ({ service, processedInput }) => {
  const { config: _, ...more } = service.custom.esbuild;
  const isPackaging = ["package", "deploy"].includes(processedInput.commands[0]);
  // A package gets its `external` ones installed; on a laptop those in node_modules serve.
  const found = isPackaging ? {} : { external: [], exclude: settings.external };
  return { ...settings, ...more, ...found, ...(processedInput.commands[0] === "offline" ? reloaded(more) : {}) };
};
module.exports.settings = settings;

/** Under `sls offline` local/reload.cjs watches the files, in place of serverless-esbuild, which ends whatever runs. */
function reloaded({ watch }) {
  const { keptBuilds } = require("./local/builds.cjs");
  return { plugins: [keptBuilds, ...settings.plugins], watch: { ...watch, pattern: [] } };
}
