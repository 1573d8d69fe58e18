const { createHash } = require("node:crypto");
const { mkdir, rename, writeFile } = require("node:fs/promises");
const { basename, dirname, join, parse } = require("node:path");
const { pathToFileURL } = require("node:url");

const NEWEST = pathToFileURL(join(__dirname, "newest.mjs")).href;

/**
 * Keeps every build of a function under `sls offline`, each under a name made from its content, so that running code finds
 * its own files until it ends. The function's file loads the newest build (newest.mjs). That name is written last and in one
 * step, so no invocation sees half a build.
 *
 * @type {import("esbuild").Plugin}
 */
const keptBuilds = {
  name: "kept-builds",
  setup({ initialOptions, onEnd }) {
    initialOptions.write = false;
    const [entryPoint] = initialOptions.entryPoints;
    const { name } = parse(entryPoint);
    onEnd(async ({ outputFiles = [], errors }) => {
      if (errors.length > 0) return;
      const isEntry = ({ path }) => basename(path) === `${name}.mjs`;
      const entry = outputFiles.find(isEntry);
      const folder = dirname(entry.path);
      const version = createHash("sha256").update(entry.contents).digest("hex").slice(0, 16);
      const build = `${name}.build-${version}.mjs`;
      await mkdir(folder, { recursive: true });
      for (const file of outputFiles) {
        await writeFile(isEntry(file) ? join(folder, build) : file.path, file.contents);
      }
      await replace(
        entry.path,
        `import { newest } from ${JSON.stringify(NEWEST)};\nexport const handler = newest(import.meta.url);\n`,
      );
      await replace(join(folder, `${name}.newest`), build);
    });
  },
};

/** Writes a file in one step, so that nobody reads half of it. */
async function replace(path, text) {
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

module.exports = { keptBuilds };
