const { join, relative } = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const chokidar = require("chokidar");
const Workers = require("./workers.cjs");

/** Changes within this time belong together: an editor may save several files, or one file in several steps. */
const TOGETHER_MS = 50;

/**
 * A serverless plugin for `sls offline`: builds the functions again when one of their source files changes, wherever it is.
 * Running invocations end with the code that they began with, later ones run the new code (newest.mjs), and workers make
 * room for it (workers.cjs). If the new code cannot be built, the last good build stays.
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
    // The system limits how many files it watches (ENOSPC). Without a listener the error would end the whole process.
    this.watcher.on("error", ({ message }) =>
      this.log.error(
        `some files are not watched: ${message}; after a change to them, end npm start and start it again`,
      ),
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
        this.log.error(`not reloaded: ${what} cannot be built; the earlier code stays until that is fixed`);
        continue;
      }
      this.watcher.add(this.sources());
      this.log.notice(`reloaded in ${((performance.now() - begun) / 1_000).toFixed(1)} s (${what})`);
      this.workers
        .renew(this.filesOfWorker())
        .catch(({ message }) => this.log.error(`running workers keep the old code: ${message}`));
    }
  }

  /** Returns the source files of the functions, without packages, which change only when they are installed. */
  sources() {
    const all = Object.values(this.esbuild.buildCache).flatMap(({ result }) => Object.keys(result.metafile.inputs));
    return [...new Set(all)].filter((path) => !/(^|[\\/])node_modules[\\/]|^[\w-]+:/.test(path));
  }

  /** Returns the names of the files that the worker is built into. */
  filesOfWorker() {
    const { handler } = this.serverless.service.getFunction("worker");
    const { result } = this.esbuild.buildCache[handler.replace(/\.\w+$/, ".ts")];
    return Object.keys(result.metafile.outputs).map((path) => relative(join(path, ".."), path));
  }
}

module.exports = Reload;
