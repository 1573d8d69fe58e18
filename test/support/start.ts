import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryService } from "./service-copy.ts";

/**
 * Runs `npm start` as a person would, in `service` or in a copy of this service with the tests' tasks, until the test ends.
 * With `inTerminal` it leads a group of processes, to which `press` sends what Ctrl-C does.
 */
export async function start(environment: Record<string, string>, service?: string, inTerminal = false) {
  const started = await startForSeveral(environment, service, inTerminal);
  onTestFinished(started.end);
  return started;
}

/** Runs `npm start` in the same way for several tests, until `end` is called. */
export async function startForSeveral(environment: Record<string, string>, service?: string, inTerminal = false) {
  const copy = service === undefined ? await temporaryService() : undefined;
  const dataDir = await mkdtemp(join(tmpdir(), "wakeq-start-"));
  const child = spawn(process.execPath, await argumentsOf("start"), {
    cwd: service ?? copy!.folder,
    stdio: ["ignore", "pipe", "pipe"],
    detached: inTerminal,
    env: { ...process.env, LOCAL_DATA_DIR: dataDir, REDIS_REST_PORT: "0", LAMBDA_PORT: "0", PORT: "0", ...environment },
  });
  const exited = once(child, "close").then(([code]) => code as number | null);
  let output = "";
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      heard();
    });
  }
  async function end(): Promise<void> {
    child.kill("SIGTERM");
    await exited;
    await rm(dataDir, { recursive: true, force: true });
    await copy?.remove();
  }
  return {
    child,
    exited,
    end,
    dataDir,
    service: service ?? copy!.folder,
    /** Presses Ctrl-C. Returns whether the group was still there. */
    press: () => child.exitCode === null && child.signalCode === null && process.kill(-child.pid!, "SIGINT"),
    get output() {
      return output;
    },
    async prints(pattern: RegExp): Promise<RegExpMatchArray> {
      const ended = exited.then(() => true);
      for (;;) {
        const found = output.match(pattern);
        if (found) return found;
        if (await Promise.race([ended, new Promise<false>((resolve) => (heard = () => resolve(false)))])) {
          const last = output.match(pattern);
          if (last) return last;
          throw new Error(`ended without printing ${pattern}:\n${output}`);
        }
      }
    },
  };
}

/** The arguments that an npm script gives to node, without npm as a parent process. */
async function argumentsOf(script: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, "../../package.json"), "utf8");
  const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
  const [node, ...args] = scripts[script]!.split(" ");
  if (node !== "node") throw new Error(`npm run ${script} begins with ${node}`);
  return args;
}
