import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** An application that runs. */
export interface RunningApp {
  /** The address of the queue's API, with the path under which it is mounted. */
  url: string;
  /** Ends it, as a deploy does. Resolves when it has ended by itself. */
  stop(): Promise<void>;
}

interface Scripts {
  scripts: { start: string; build?: string };
}

/** Starts an application as its package.json says: `scripts.build`, if there, then `scripts.start`, which must be `node …`. */
export async function startProgram(folder: string, environment: Record<string, string>): Promise<RunningApp> {
  const { scripts } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Scripts;
  if (scripts.build) await promisify(execFile)("npm", ["run", "build"], { cwd: folder });
  const [node, ...args] = scripts.start.split(" ");
  if (node !== "node") throw new Error(`scripts.start must run node itself, for signals to reach it: ${scripts.start}`);
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, args, { cwd: folder, env: { PATH, HOME, ...environment } });
  const output: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => output.push(line));
  const ended = once(child, "close");
  try {
    const url = await urlFrom(child, output);
    return {
      url,
      async stop() {
        child.kill("SIGTERM");
        const overdue = setTimeout(() => child.kill("SIGKILL"), 20_000);
        const [code, signal] = (await ended) as [number | null, string | null];
        clearTimeout(overdue);
        if (code !== 0) throw new Error(`it ended with ${code ?? signal}:\n${output.join("\n")}`);
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Waits for the line that says where it listens. */
async function urlFrom(child: ChildProcess, output: string[]): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    output.push(line);
    const url = /http:\/\/[^\s"]+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error(`it ended before it said where it listens:\n${output.join("\n")}`);
}
