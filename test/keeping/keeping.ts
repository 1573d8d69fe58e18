import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fill, makeRoom, pathWithRedis } from "./disk.ts";

const SUBMITTERS = 4;

export const STRIKES = [
  "kill",
  "kill its store",
  "close its terminal",
  "fill the disk, then kill",
  "fill the disk, then end",
  "fill the disk, then make room and end",
] as const;
export type Strike = (typeof STRIKES)[number];
export type Store = "redis" | "embedded";

/** The target of the strikes: a process that accepts jobs, and its store. */
export interface Running {
  /** The process that writes the store's files. */
  readonly writer: number;
  /** Submits a job and returns its id. Throws if the job may not have been accepted. */
  submit(payload: string): Promise<string>;
  /** Returns the jobs that are missing. */
  missing(ids: readonly string[]): Promise<string[]>;
  signal(signal: NodeJS.Signals): void;
  /** Closes its output as a terminal does, and sends SIGHUP. */
  closeTerminal(): void;
  /** Resolves when the process and its store have ended. */
  readonly ended: Promise<End>;
}

interface End {
  /** Its output. */
  output: string;
  /** Whether it did everything that it does when it ends in order. */
  inOrder: boolean;
}

export type Start = (store: Store, dir: string, path: string) => Promise<Running>;

/** What was seen in one life of the process. */
export interface Life extends End {
  strike: Strike;
  accepted: number;
  refused: number;
  /** Accepted jobs that the next start did not have: those of this life, and after the last one those of all lives. */
  missing: string[];
}

/** For each strike: starts the target, strikes it while clients submit, and looks for the accepted jobs at the next start. */
export async function keep(
  start: Start,
  store: Store,
  strikes: readonly Strike[],
  random: () => number,
): Promise<Life[]> {
  const base = await mkdtemp(join(tmpdir(), "wakeq-keeping-"));
  const dir = join(base, "data");
  const path = await pathWithRedis(join(base, "bin"));
  const all: string[] = [];
  const lives: Life[] = [];
  let running: Running | undefined;
  try {
    running = await start(store, dir, path);
    for (const strike of strikes) {
      const clients = new Clients(running, random);
      await befall(strike, running, clients, dir, random);
      const end = await running.ended;
      const { accepted, refused } = await clients.stop();
      all.push(...accepted);
      running = await start(store, dir, path);
      const missing = await running.missing(lives.length === strikes.length - 1 ? all : accepted);
      lives.push({ strike, accepted: accepted.length, refused, missing, ...end });
    }
    return lives;
  } finally {
    running?.signal("SIGTERM");
    await running?.ended;
    await rm(base, { recursive: true, force: true });
  }
}

async function befall(strike: Strike, running: Running, clients: Clients, dir: string, random: () => number) {
  await clients.seen("accepted", 1 + Math.floor(random() * 40));
  if (strike.startsWith("fill")) {
    await fill(running.writer, dir, Math.floor(random() * 4_000));
    await clients.seen("refused", 3);
  }
  if (strike === "fill the disk, then make room and end") {
    makeRoom(running.writer);
    await clients.seen("accepted", 3);
  }
  if (strike === "kill its store") process.kill(running.writer, "SIGKILL");
  if (strike === "close its terminal") running.closeTerminal();
  else running.signal(strike.endsWith("end") ? "SIGTERM" : "SIGKILL");
}

/** Clients that submit one job after another until they are told to stop. */
class Clients {
  private readonly accepted: string[] = [];
  private refused = 0;
  private stopped = false;
  private heard: () => void = () => {};
  private readonly done: Promise<unknown>;

  constructor(running: Running, random: () => number) {
    this.done = Promise.all(Array.from({ length: SUBMITTERS }, () => this.work(running, random)));
  }

  /** Resolves when this many more have been seen. */
  async seen(what: "accepted" | "refused", more: number): Promise<void> {
    const count = () => (what === "accepted" ? this.accepted.length : this.refused);
    const wanted = count() + more;
    while (count() < wanted) {
      await new Promise<void>((resolve) => {
        this.heard = resolve;
      });
    }
  }

  async stop(): Promise<{ accepted: string[]; refused: number }> {
    this.stopped = true;
    await this.done;
    return { accepted: this.accepted, refused: this.refused };
  }

  private async work(running: Running, random: () => number): Promise<void> {
    while (!this.stopped) {
      try {
        this.accepted.push(await running.submit("x".repeat(Math.floor(random() * 1_500))));
      } catch {
        this.refused++;
      }
      this.heard();
    }
  }
}
