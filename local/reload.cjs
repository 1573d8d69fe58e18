const { join, relative } = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const chokidar = require("chokidar");
const Workers = require("./workers.cjs");

/** An editor may save several files, or one in several steps: what changes within this belongs together. */
const TOGETHER_MS = 50;

/**
 * A serverless plugin for `sls offline` alone: builds the functions again when a file has changed that one of them is made
 * of, wherever it is. Invocations that run end with the code that they began with, later ones have the new one (newest.mjs),
 * and workers make room for it (workers.cjs). Code that cannot be built leaves the last that could.
 */
class Reload {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.changed = new Set();
    this.hooks = { "before:offline:start:init": () => this.watch() };
  }

  get esbuild() {
    return this.serverless.pluginManager.plugins.find(
      ({ constructor: { name } }) => name === "EsbuildServerlessPlugin",
    );
  }

  get workers() {
    return this.serverless.pluginManager.plugins.find((plugin) => plugin instanceof Workers);
  }

  watch() {
    const { pattern, ignore: ignored } = this.serverless.service.custom.esbuild.watch;
    const cwd = this.serverless.serviceDir;
    this.workers.current = this.filesOfWorker();
    this.watcher = chokidar.watch(pattern, { cwd, ignored, ignoreInitial: true });
    this.watcher.add(this.sources());
    // The system bounds how many files it watches (ENOSPC). Nobody listening, this would end the whole process.
    this.watcher.on("error", ({ message }) =>
      this.log.error(`not all files are watched: ${message}; after a change, end npm start and start it again`),
    );
    this.watcher.on("all", (_event, file) => {
      this.changed.add(file);
      this.building ??= this.build().finally(() => {
        this.building = undefined;
      });
    });
  }

  async build() {
    while (this.changed.size > 0) {
      const begun = performance.now();
      await pause(TOGETHER_MS);
      const [first, ...more] = this.changed;
      this.changed.clear();
      const what = more.length === 0 ? first : `${first} and ${more.length} more`;
      try {
        await this.esbuild.bundle();
      } catch (error) {
        this.watcher.add((error.errors ?? []).flatMap(({ location }) => location?.file ?? []));
        this.log.error(`not reloaded: ${what} cannot be built; the code before it goes on`);
        continue;
      }
      this.watcher.add(this.sources());
      this.log.notice(`reloaded in ${((performance.now() - begun) / 1_000).toFixed(1)} s (${what})`);
      this.workers
        .renew(this.filesOfWorker())
        .catch(({ message }) => this.log.error(`workers that run still run the old code: ${message}`));
    }
  }

  /** What the functions are made of, but for packages, which change when they are installed. */
  sources() {
    const all = Object.values(this.esbuild.buildCache).flatMap(({ result }) => Object.keys(result.metafile.inputs));
    return [...new Set(all)].filter((path) => !/(^|[\\/])node_modules[\\/]|^[\w-]+:/.test(path));
  }

  /** The names of the files that the worker is built into. */
  filesOfWorker() {
    const { handler } = this.serverless.service.getFunction("worker");
    const { result } = this.esbuild.buildCache[handler.replace(/\.\w+$/, ".ts")];
    return Object.keys(result.metafile.outputs).map((path) => relative(join(path, ".."), path));
  }
}

module.exports = Reload;
