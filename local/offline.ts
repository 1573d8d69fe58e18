import { type ChildProcess, spawn } from "node:child_process";
import { access, constants, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { signalTo } from "./processes.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const READY_TIMEOUT_MS = 60_000;
/** How long serverless-offline may take to end, beyond its workers' grace. */
const STOP_TIMEOUT_MS = 8_000;
const LINES_KEPT = 40;

/** What to serve, and where. */
export interface OfflineOptions {
  /** The folder of the service. Default: the one of this file. */
  readonly service?: string;
  readonly port: number;
  readonly lambdaPort: number;
  readonly stage: string;
  /** The variables for the functions, which `serverless.yml` reads. */
  readonly environment: Record<string, string>;
  /** Gets each line that it prints, the functions' logs among them. */
  readonly log: (line: string) => void;
}

/** A serverless-offline that runs. */
export interface Offline {
  readonly pid: number;
  /** The folder that it builds into. It is removed at the end, unless this process is killed. */
  readonly folder: string;
  /** Resolves when it has ended, by itself or because it was stopped. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts `sls offline` in a process group of its own: the functions behind HTTP and behind Lambda's Invoke API.
 *
 * @throws Error with its last lines if it does not become ready
 */
export async function startOffline(options: OfflineOptions): Promise<Offline> {
  const { service = ROOT, port, lambdaPort, stage, environment, log } = options;
  const { SHUTDOWN_GRACE_SECONDS: grace = "8" } = { ...process.env, ...environment };
  const graceMs = Number(grace || "8") * 1_000;
  const workDir = `.esbuild-${port}`;
  const folder = join(service, workDir);
  const serverless = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");
  const child = spawn(
    process.execPath,
    [serverless, "offline", "start", "--stage", stage, "--httpPort", String(port), "--lambdaPort", String(lambdaPort)],
    {
      cwd: service,
      detached: true, // Ctrl-C in a terminal must reach only this process, which ends it in order
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        ...(await cacheIn(folder)),
        SLS_WORK_DIR: workDir,
        PORT: String(port),
        LAMBDA_PORT: String(lambdaPort),
        AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${lambdaPort}`,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
        AWS_SESSION_TOKEN: "",
        ...environment,
      },
    },
  );
  const killGroup = () => signalTo(-(child.pid ?? 0), "SIGKILL");
  process.once("exit", killGroup);
  const ended = new Promise<void>((resolve) =>
    child.once("close", () => resolve()).once("error", () => resolve()),
  ).then(async () => {
    process.removeListener("exit", killGroup);
    await rm(folder, { recursive: true, force: true });
  });

  async function stop(): Promise<void> {
    signalTo(child.pid ?? 0, "SIGTERM");
    const force = setTimeout(killGroup, STOP_TIMEOUT_MS + graceMs);
    await ended;
    clearTimeout(force);
  }

  try {
    await ready(child, log);
  } catch (error) {
    killGroup();
    await ended;
    throw error;
  }
  return { pid: child.pid ?? 0, folder, ended, stop };
}

/** Moves Serverless's cache into `folder` if the home cannot be written: without a cache it does not start. */
async function cacheIn(folder: string): Promise<Record<string, string>> {
  try {
    const kept = join(homedir(), ".serverless");
    await mkdir(kept, { recursive: true });
    await access(kept, constants.W_OK);
    return {};
  } catch {
    return { SLS_SCHEMA_CACHE_BASE_DIR: folder };
  }
}

function ready(child: ChildProcess, log: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const fail = (why: string) => reject(new Error(`serverless-offline ${why}:\n${lines.join("\n")}`));
    const timer = setTimeout(() => fail(`was not ready after ${READY_TIMEOUT_MS / 1000} s`), READY_TIMEOUT_MS);
    for (const output of [child.stdout!, child.stderr!]) {
      createInterface({ input: output }).on("line", (line) => {
        log(line);
        lines.push(line);
        if (lines.length > LINES_KEPT) lines.shift();
        if (line.includes("Server ready")) resolve();
        // It says so and stays alive.
        if (/^(Error:|✘ \[ERROR\]|✖ )/.test(line)) setImmediate(fail, "failed");
      });
    }
    child.once("error", (error) => fail(`did not start (${error.message})`));
    child.once("close", () => fail("ended"));
    child.once("close", () => clearTimeout(timer));
  });
}
