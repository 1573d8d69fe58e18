import { execFile, spawn } from "node:child_process";
import { afterEach } from "vitest";
import { until } from "../support/worker.ts";

/** How a command is run. */
export interface Running {
  cwd: string;
  env?: Record<string, string>;
}

const BARE = { PATH: process.env.PATH!, HOME: process.env.HOME! };

/** A command that stays by mistake must not stay behind. */
const LONGEST_MS = 30_000;

/** Runs a command to its end. `input` is what its user types; without one, there is nobody. */
export function run(script: string, args: readonly string[], { cwd, env, input = "" }: Running & { input?: string }) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { cwd, env: { ...BARE, ...env }, timeout: LONGEST_MS, killSignal: "SIGKILL" },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    child.stdin!.end(input);
  });
}

/** Starts commands that stay. Ends those that still run after each test. */
export function useRunning() {
  const started: ReturnType<typeof start>[] = [];
  afterEach(async () => {
    for (const each of started.splice(0)) {
      each.kill("SIGKILL");
      await each.ended;
    }
  });
  return (script: string, args: readonly string[], how: Running) => {
    const one = start(script, args, how);
    started.push(one);
    return one;
  };
}

function start(script: string, args: readonly string[], { cwd, env }: Running) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...BARE, ...env },
    detached: true, // a process group of its own, as a terminal makes one
  });
  let output = "";
  let read = 0;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    ended,
    pid: child.pid!,
    output: () => output,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Presses Ctrl-C: a terminal sends the signal to the whole group. */
    pressCtrlC: () => process.kill(-child.pid!, "SIGINT"),
    /** Waits for output that matches, after what was waited for before. */
    async says(pattern: RegExp): Promise<RegExpExecArray> {
      const found = () => pattern.exec(output.slice(read));
      await until(() => found() !== null || child.exitCode !== null);
      const match = found();
      if (!match) throw new Error(`it ended and never said ${pattern}:\n${output}`);
      read += match.index + match[0].length;
      return match;
    },
  };
}
