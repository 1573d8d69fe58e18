import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { vi } from "vitest";
import { lock } from "../../packages/redis-rest-local/src/lock.ts";
import type { Running, Store } from "./keeping.ts";

/** Longer than any test takes: the jobs only have to be stored. */
const DELAY_SECONDS = 86_400;

/** The note that a start writes, and removes when it ends in order. */
const NOTES = "processes";

/**
 * Starts the whole stack of a service as `npm start` does, in a terminal of its own (a pseudo-terminal that `script` of
 * util-linux opens): killing `script` closes the terminal.
 */
export function stackStarter(service: string) {
  return async (store: Store, dir: string, path: string): Promise<Running> => {
    const command = `echo "pid $$" && exec ${process.execPath} --import tsx --import ./local/text-assets.mjs bin/start.ts`;
    const terminal = spawn("script", ["--quiet", "--flush", "--command", `sh -c '${command}'`, "/dev/null"], {
      cwd: service,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        PATH: path,
        LOCAL_DATA_DIR: dir,
        PORT: "0",
        LAMBDA_PORT: "0",
        REDIS_REST_PORT: "0",
        ...(store === "embedded" ? { REDIS_URL: "embedded:" } : {}),
      },
    });
    let output = "";
    const closed = once(terminal, "close");
    await new Promise<void>((resolve) => {
      terminal.stdout.on("data", (chunk) => {
        output += chunk;
        if (output.includes("Ctrl-C ends it")) resolve();
      });
      void closed.then(() => resolve());
    });
    const url = output.match(/API +(http:\S+)/)?.[1];
    const pid = Number(output.match(/pid (\d+)/)?.[1]);
    if (!url) throw new Error(`the stack did not start:\n${output}`);
    const writer = store === "embedded" ? pid : await redisOf(dir);
    return {
      writer,
      async submit(payload) {
        const body = JSON.stringify({ task: "note", payload: { text: payload }, delay_seconds: DELAY_SECONDS });
        const response = await fetch(`${url}/submit-job`, { method: "POST", body });
        if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
        return ((await response.json()) as { job_id: string }).job_id;
      },
      async missing(ids) {
        const missing: string[] = [];
        for (const id of ids) if ((await fetch(`${url}/job-status/${id}`)).status !== 200) missing.push(id);
        return missing;
      },
      signal: (signal) => void process.kill(pid, signal),
      closeTerminal: () => void terminal.kill("SIGKILL"),
      ended: closed.then(async () => {
        await isFree(dir);
        // The last but one thing that it does when it ends.
        return { output, inOrder: !existsSync(join(dir, NOTES)) };
      }),
    };
  };
}

/** Waits until the folder is free: its stack has ended, even if its terminal went first. */
async function isFree(dir: string): Promise<void> {
  const give = await vi.waitUntil(() => lock(dir).catch(() => undefined), { timeout: 60_000, interval: 50 });
  await give();
}

async function redisOf(dir: string): Promise<number> {
  const [first = "{}"] = (await readFile(join(dir, NOTES), "utf8")).split("\n");
  return (JSON.parse(first) as { pid: number }).pid;
}
