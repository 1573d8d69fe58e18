import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import type { Line } from "./log.ts";
import { until } from "./worker.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Starts scripts of this repository as processes with the tests' tasks. Ends those that still run after each test. */
export function useProcesses() {
  const started: ReturnType<typeof startProcess>[] = [];
  afterEach(async () => {
    for (const each of started.splice(0)) {
      each.kill("SIGKILL");
      await each.exited;
    }
  });
  return {
    start(script: string, environment: Record<string, string>) {
      const one = startProcess(script, environment);
      started.push(one);
      return one;
    },
  };
}

/** Starts a script as a process. The caller must end it. */
export function startProcess(script: string, environment: Record<string, string>) {
  // Not through the `tsx` command: that is a parent process, and SIGKILL would end only the parent.
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--import", "./local/text-assets.mjs", "--import", "./test/support/test-tasks.mjs", script],
    {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
      stdio: ["ignore", "inherit", "pipe"],
    },
  );
  const lines: Line[] = [];
  const output: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    output.push(line);
    if (line.startsWith("{")) lines.push(JSON.parse(line) as Line);
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    lines,
    output,
    exited,
    pid: child.pid!,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Its address, once it listens. */
    async url(): Promise<string> {
      const started = () => lines.find(({ event }) => /^(worker|api|gateway)_started$/.test(event));
      await until(() => started() || child.exitCode !== null);
      const line = started();
      if (!line) throw new Error(`${script} ended as it started:\n${output.join("\n")}`);
      return String(line.url);
    },
  };
}
