import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildInto } from "../../bin/build.ts";

export interface Worker {
  process: ChildProcess;
  /** Its name in tokens and histories, and where it receives wake-ups: known once it has begun. */
  worker?: string;
  url?: string;
  /** It has all tasks. Others are of an older version. */
  knowsAll: boolean;
}

/** Worker processes: started, struck, replaced. */
export class Workers {
  readonly alive = new Set<Worker>();
  /** Names of those that were killed. */
  readonly killed = new Set<string>();
  /** How often workers logged what. */
  readonly events: Record<string, number> = {};
  /** What no fault explains: errors that they logged, ends of their own. */
  readonly complaints: string[] = [];
  readonly #script: string;
  readonly #environment: Record<string, string>;

  private constructor(script: string, environment: Record<string, string>) {
    this.#script = script;
    this.#environment = environment;
  }

  /** Bundled first: a fresh process works within 100 ms, so that kills strike workers that work. */
  static async prepare(dir: string, environment: Record<string, string>): Promise<Workers> {
    const { file } = await buildInto(dir, fileURLToPath(new URL("worker.ts", import.meta.url)));
    return new Workers(file, environment);
  }

  /** Resolves when it works, or has ended before it could. */
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
