import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCode } from "../bin/package/code.ts";
import type { BenchOptions } from "./rounds.ts";
import { median, table } from "./table.ts";
import type { BenchTarget } from "./target.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const READY = /wakeq is ready/;
const LONGEST_MS = 120_000;

const queueOf = (n: number) => `import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";
const say = defineTask({ name: "say", input: z.object({}), run: () => ${n} });
export const queue = defineQueue({ tasks: [say] });
`;

/** Measures how soon `wakeq dev` is ready, and ready again after a file was saved. Beside it, how soon `npm start` is. */
export async function dev({ rounds }: BenchOptions): Promise<BenchTarget[]> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-dev-"));
  const times: Record<string, number[]> = {
    "npx wakeq dev": [],
    "node …/wakeq.js dev": [],
    "a saved file": [],
    "npm start": [],
  };
  try {
    await installInto(folder);
    for (let round = 0; round < rounds; round++) {
      const through = await started("npx", ["wakeq", "dev", "--port", "0"], folder);
      times["npx wakeq dev"]!.push(through.readyMs);
      await through.end();
      const direct = await started(
        process.execPath,
        [join(folder, "node_modules/.bin/wakeq"), "dev", "--port", "0"],
        folder,
      );
      times["node …/wakeq.js dev"]!.push(direct.readyMs);
      const saved = performance.now();
      await writeFile(join(folder, "queue.js"), queueOf(round + 1));
      await direct.says(/ready again/);
      times["a saved file"]!.push(performance.now() - saved);
      await direct.end();
      const data = { LOCAL_DATA_DIR: join(folder, "local"), PORT: "0", LAMBDA_PORT: "0", REDIS_REST_PORT: "0" };
      const service = await started("npm", ["start"], ROOT, { ...data, REDIS_URL: "embedded:" });
      times["npm start"]!.push(service.readyMs);
      await service.end();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const rows = Object.entries(times).map(([what, all]) => [what, median(all).toFixed(0), Math.max(...all).toFixed(0)]);
  console.log(table(["ready", "ms", "slowest"], rows));
  return [
    { what: "npx wakeq dev is ready", measured: median(times["npx wakeq dev"]!), bound: 2_000, is: "most", unit: "ms" },
    {
      what: "wakeq dev is ready again",
      measured: median(times["a saved file"]!),
      bound: 1_000,
      is: "most",
      unit: "ms",
    },
  ];
}

/** Builds the package into the `node_modules` of a project, as npm would install it. */
async function installInto(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await buildCode(join(modules, "wakeq/dist"));
  await symlink(join(ROOT, "package.json"), join(modules, "wakeq/package.json"));
  await symlink(join(ROOT, "node_modules/zod"), join(modules, "zod"));
  await mkdir(join(modules, ".bin"));
  await symlink("../wakeq/dist/bin/wakeq.js", join(modules, ".bin/wakeq"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "queue.js"), queueOf(0));
}

/** Starts a command in a process group of its own. Resolves when it is ready. */
async function started(command: string, args: string[], cwd: string, env: Record<string, string> = {}) {
  const began = performance.now();
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true });
  const says = listener(child);
  await says(READY);
  const readyMs = performance.now() - began;
  return {
    readyMs,
    says,
    async end() {
      const ended = once(child, "close");
      process.kill(-child.pid!, "SIGINT");
      await ended;
    },
  };
}

/** Makes the function that waits until a process has printed something, from now on. */
function listener(child: ChildProcess): (pattern: RegExp) => Promise<void> {
  let output = "";
  let heard = () => {};
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (text: Buffer) => {
      output += text;
      heard();
    });
  return (pattern) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`it did not say ${pattern}:\n${output}`)), LONGEST_MS);
      heard = () => {
        if (!pattern.test(output)) return;
        clearTimeout(late);
        output = "";
        resolve();
      };
      heard();
    });
}
