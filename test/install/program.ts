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

/** How a program is started, where its package.json does not say it. */
interface Start {
  /** Default: Node. */
  command?: string;
  args: string[];
  /** Its exit code after SIGTERM. Default 0. */
  endsWith?: number;
}

/** Starts an application as its package.json says: `scripts.build`, if there, then `scripts.start`, which must be `node …`. */
export async function startProgram(
  folder: string,
  environment: Record<string, string>,
  given?: Start,
): Promise<RunningApp> {
  const { command = process.execPath, args, endsWith = 0 } = given ?? (await startOf(folder));
  const { PATH, HOME } = process.env;
  const child = spawn(command, args, { cwd: folder, env: { PATH, HOME, ...environment } });
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
        if (code !== endsWith) throw new Error(`it ended with ${code ?? signal}:\n${output.join("\n")}`);
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Builds a project. Returns how to start it. */
async function startOf(folder: string): Promise<Start> {
  const { scripts } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Scripts;
  if (scripts.build) await promisify(execFile)("npm", ["run", "build"], { cwd: folder });
  const [node, ...args] = scripts.start.split(" ");
  if (node !== "node") throw new Error(`scripts.start must run node itself, for signals to reach it: ${scripts.start}`);
  return { args };
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
