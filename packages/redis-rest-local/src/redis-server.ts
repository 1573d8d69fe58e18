import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir } from "node:fs/promises";
import * as net from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { lostManifest, unreadable } from "./append-only.ts";
import { connectBackend } from "./server-backend.ts";

const BINARIES = ["redis-server", "valkey-server"];
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const POLL_MS = 10;
const PORT_ATTEMPTS = 5;
const LINES_KEPT = 30;

/** The settings of a Redis server. */
export interface RedisOptions {
  /** The folder of its data; made if absent. */
  readonly dir: string;
  /** The port on 127.0.0.1. Default: any free one. */
  readonly port?: number;
  /** Whether to keep every write in an append-only file, which a restart in the same `dir` reads. Default: keep nothing. */
  readonly appendOnly?: boolean;
  /** The password. It is neither in the command line nor in a file. Default: none. */
  readonly password?: string;
  /** Gets each line that the server prints. */
  readonly log?: (line: string) => void;
  /** Further command line arguments, for example `["--maxmemory", "10mb"]`. */
  readonly args?: readonly string[];
}

/** A Redis server that runs. */
export interface RedisServer {
  /** The address, with the password if there is one. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when it has exited, also by itself, to the last lines that it printed. */
  readonly ended: Promise<string>;
  /** Ends it in order (SIGTERM, data written), by force after 5 s. Resolves when it has exited; may be called twice. */
  stop(): Promise<void>;
  /** Kills it (SIGKILL). Resolves when it has exited. */
  kill(): Promise<void>;
}

/** The error when neither `redis-server` nor `valkey-server` is on the PATH. */
export class RedisNotFound extends Error {
  override readonly name = "RedisNotFound";
  constructor() {
    super(`none of ${BINARIES.join(", ")} was found on the PATH: install Redis 7 or later, or Valkey`);
  }
}

/**
 * Starts a private Redis on 127.0.0.1 and waits until it answers. It ends with this process at the latest, however this
 * process ends. Only this user may read what it keeps.
 *
 * @throws RedisNotFound if there is no server to start
 * @throws Error that says what to do if its data cannot be read
 */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const binary = findBinary();
  await mkdir(options.dir, { recursive: true });
  if (options.appendOnly) {
    await chmod(options.dir, 0o700);
    const lost = lostManifest(options.dir);
    if (lost !== undefined) throw new Error(lost);
  }
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const server = launch(binary, port, options);
    try {
      await server.ready();
      return server;
    } catch (error) {
      await server.kill();
      const taken = String(error).includes("Address already in use");
      if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function findBinary(): string {
  for (const binary of BINARIES) {
    try {
      execFileSync(binary, ["--version"], { stdio: "ignore" });
      return binary;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new RedisNotFound();
}

/** Finds a free port. Another process may take it before Redis does. */
async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

function launch(binary: string, port: number, options: RedisOptions): LaunchedRedis {
  const appendOnly = options.appendOnly ? "yes" : "no";
  const child = spawn(
    "sh",
    [
      ...["-c", 'umask 077; exec "$@"', "sh", binary],
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", options.dir],
      ...["--daemonize", "no", "--save", "", "--appendonly", appendOnly],
      ...(options.args ?? []),
      "-", // further settings come through its input, where no other user sees them
    ],
    // In a group of its own, so that Ctrl-C in a terminal does not end it before the processes that still write to it.
    { stdio: ["pipe", "pipe", "pipe"], detached: true },
  );
  child.stdin.on("error", () => {}); // a server that ends while it starts reads nothing
  child.stdin.end(options.password === undefined ? "" : `requirepass ${options.password}\n`);
  return new LaunchedRedis(child, port, options);
}

/**
 * Starts a process that ends another one when this one has gone: its input ends then, even if this one was killed.
 * It has a group of its own, so that Ctrl-C does not end it first.
 */
function watch(pid: number): ChildProcess {
  const script = 'read -r _; kill -9 "$1"';
  const watchdog = spawn("sh", ["-c", script, "sh", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watchdog.unref();
  return watchdog;
}

class LaunchedRedis implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly ended: Promise<string>;
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private readonly dir: string;
  private readonly lastLines: string[] = [];

  constructor(child: ChildProcess, port: number, { dir, password, log = () => {} }: RedisOptions) {
    this.child = child;
    this.port = port;
    this.dir = dir;
    this.pid = child.pid ?? 0;
    this.url = `redis://${password === undefined ? "" : `:${password}@`}127.0.0.1:${port}`;
    const watchdog = this.pid === 0 ? undefined : watch(this.pid);
    this.exited = new Promise((resolve) => child.once("close", resolve).once("error", resolve)).finally(() =>
      watchdog?.kill("SIGKILL"),
    );
    this.ended = this.exited.then(() => this.lastLines.join("\n"));
    for (const output of [child.stdout!, child.stderr!]) {
      createInterface({ input: output }).on("line", (line) => {
        log(line);
        this.lastLines.push(line);
        if (this.lastLines.length > LINES_KEPT) this.lastLines.shift();
      });
    }
  }

  /** Waits until this process answers and has read its data. Another program may hold the port that it failed to get. */
  async ready(): Promise<void> {
    const backend = connectBackend({ url: this.url });
    const deadline = performance.now() + START_TIMEOUT_MS;
    try {
      while (performance.now() < deadline) {
        if (this.isOver()) {
          const lines = await this.ended;
          throw new Error(unreadable(this.lastLines, this.dir) ?? `Redis ended as it started:\n${lines}`);
        }
        const info = await backend.send(["INFO", "server"]).catch(() => undefined);
        if (Buffer.isBuffer(info) && info.includes(`process_id:${this.pid}\r\n`)) {
          // While it reads its data, it answers INFO and nothing else.
          if (await backend.send(["PING"]).catch(() => undefined)) return;
        }
        await Promise.race([sleep(POLL_MS), this.exited]);
      }
      throw new Error(`Redis did not answer within ${START_TIMEOUT_MS / 1000} s:\n${this.lastLines.join("\n")}`);
    } finally {
      await backend.close();
    }
  }

  async stop(): Promise<void> {
    this.child.kill("SIGTERM");
    const force = setTimeout(() => this.child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.exited;
    clearTimeout(force);
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  private isOver(): boolean {
    return this.pid === 0 || this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
