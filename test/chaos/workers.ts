import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildInto } from "../../bin/build.ts";

export interface Worker {
  process: ChildProcess;
  /** Its name in tokens and histories, and its address for wake-ups: known once it has started. */
  worker?: string;
  url?: string;
  /** Whether it has all tasks. The others are of an older version. */
  knowsAll: boolean;
}

/** Worker processes that are started, struck and replaced. */
export class Workers {
  readonly alive = new Set<Worker>();
  /** The names of killed workers. */
  readonly killed = new Set<string>();
  /** How often workers logged what. */
  readonly events: Record<string, number> = {};
  /** Errors in their logs and exits that no fault explains. */
  readonly complaints: string[] = [];
  readonly #script: string;
  readonly #environment: Record<string, string>;

  private constructor(script: string, environment: Record<string, string>) {
    this.#script = script;
    this.#environment = environment;
  }

  /** Bundles the worker first: then a new process works within 100 ms, so that kills strike workers at work. */
  static async prepare(dir: string, environment: Record<string, string>): Promise<Workers> {
    const { file } = await buildInto(dir, fileURLToPath(new URL("worker.ts", import.meta.url)));
    return new Workers(file, environment);
  }

  /** Resolves when the worker works, or has ended before it could. */
  async start(knowsAll: boolean): Promise<void> {
    const child = fork(this.#script, {
      env: { PATH: process.env.PATH, KNOWS_ALL: String(knowsAll), ...this.#environment },
      execArgv: [],
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    const one: Worker = { process: child, knowsAll };
    this.alive.add(one);
    createInterface({ input: child.stderr! }).on("line", (line) => this.#note(line));
    child.once("exit", (code, signal) => {
      if (this.alive.delete(one)) this.complaints.push(`a worker ended by itself: ${signal ?? code}`);
    });
    const begun = once(child, "message").then(([hello]) => Object.assign(one, hello));
    await Promise.race([begun, once(child, "exit")]);
  }

  pick(random: () => number): Worker | undefined {
    const ready = [...this.alive].filter(({ url }) => url !== undefined);
    return ready[Math.floor(random() * ready.length)];
  }

  async kill(one: Worker): Promise<void> {
    if (one.worker) this.killed.add(one.worker);
    await this.#end(one, "SIGKILL");
  }

  async endAll(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await Promise.all([...this.alive].map((one) => this.#end(one, signal)));
  }

  async #end(one: Worker, signal: NodeJS.Signals): Promise<void> {
    this.alive.delete(one);
    const { process: child } = one;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  #note(line: string): void {
    if (!line.startsWith("{")) return void this.complaints.push(line);
    const { level, event, message } = JSON.parse(line) as { level: string; event: string; message?: string };
    this.events[event] = (this.events[event] ?? 0) + 1;
    const isPlanned = event === "failed" && message === "as planned";
    if (level === "error" && !isPlanned) this.complaints.push(line);
  }
}
