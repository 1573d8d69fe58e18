import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const require = createRequire(import.meta.url);
const Reload = require("../../local/reload.cjs");
const Workers = require("../../local/workers.cjs");

/** Runs the plugin in a service of one file, with a bundler that does nothing. Returns what it logs. */
async function watching(renew: () => Promise<void> = async () => {}) {
  const dir = await mkdtemp(join(tmpdir(), "wakeq-"));
  const file = join(dir, "worker.ts");
  await writeFile(file, "");
  const said: string[] = [];
  const log = { error: (line: string) => said.push(line), notice: (line: string) => said.push(line) };
  class EsbuildServerlessPlugin {
    buildCache = { "worker.ts": { result: { metafile: { inputs: { [file]: {} }, outputs: { "worker.mjs": {} } } } } };
    async bundle() {}
  }
  const serverless = {
    serviceDir: dir,
    pluginManager: { plugins: [new EsbuildServerlessPlugin()] as unknown[] },
    service: {
      custom: { esbuild: { watch: { pattern: [], ignore: [] } } },
      getFunction: () => ({ handler: "worker.handler" }),
    },
  };
  const workers = new Workers(serverless, {}, { log });
  workers.renew = renew;
  serverless.pluginManager.plugins.push(workers);
  const reload = new Reload(serverless, {}, { log });
  reload.watch();
  onTestFinished(async () => {
    await reload.watcher.close();
    await rm(dir, { recursive: true });
  });
  await once(reload.watcher, "ready");
  return { reload, said };
}

test("a message names files that the system cannot watch, and the stack goes on", async () => {
  const { reload, said } = await watching();
  reload.watcher.emit("error", new Error("ENOSPC: System limit for number of file watchers reached"));
  expect(said).toEqual([
    expect.stringMatching(/^some files are not watched: ENOSPC.*end npm start and start it again/),
  ]);
});

test("a message says that workers cannot be renewed, and the stack goes on", async () => {
  const { reload, said } = await watching(async () => {
    throw new Error("no channel");
  });
  reload.changed.add("worker.ts");
  await reload.build();
  await new Promise(setImmediate);
  expect(said).toEqual([
    expect.stringMatching(/^reloaded in /),
    expect.stringMatching(/^running workers keep the old code: no channel/),
  ]);
});
