import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { runs } from "../../packages/redis-rest-local/test/runs.ts";
import { job } from "../support/redis.ts";
import { until } from "../support/worker.ts";
import type { Running, Store } from "./keeping.ts";

const KEEPER = fileURLToPath(new URL("./keeper.ts", import.meta.url));

/** Starts a store with the gateway in front of it, through another command if one is given. */
export async function startKeeper(
  store: Store,
  dir: string,
  path: string,
  by: readonly string[] = [],
): Promise<Running> {
  const [command, ...args] = [...by, process.execPath, "--import", "tsx", KEEPER, dir, store];
  const child = spawn(command!, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: path },
  });
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => lines.push(line));
  }
  const exited = once(child, "exit");
  await until(() => lines.some((line) => line.startsWith("{")) || child.exitCode !== null);
  const line = lines.find((each) => each.startsWith("{"));
  if (line === undefined) throw new Error(`the keeper did not start:\n${lines.join("\n")}`);
  const { url, pid: writer } = JSON.parse(line) as { url: string; pid: number };
  const queue = new WorkerQueue(connectRedis({ url, token: "keeper-token", resends: 1 }));
  return {
    writer,
    async submit(payload) {
      const one = job({ payload: JSON.stringify(payload) });
      await queue.submit([one]);
      return one.id;
    },
    async missing(ids) {
      const found = await Promise.all(ids.map((id) => queue.status(id)));
      return ids.filter((_, at) => !found[at]);
    },
    signal: (signal) => void child.kill(signal),
    closeTerminal() {
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill("SIGHUP");
    },
    ended: exited.then(async ([code]) => {
      await until(() => !runs(writer));
      return { output: lines.join("\n"), inOrder: code === 0 };
    }),
  };
}
