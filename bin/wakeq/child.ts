import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Environment } from "../../lib/config/config.ts";
import { lineOf } from "../../local/log-lines.ts";
import { ANY_FILE } from "./typescript.ts";
import { isSource } from "./watch.ts";

/** The command, which no help names, that runs the user's code in a process of its own (`serving.ts`). */
export const SERVE = "__serve";
/** What the parent sends, so that the process ends: its jobs end or are given back. */
export const STOP = "stop";

/** What a queue's process says once it serves. */
export interface Ready {
  url: string;
  tasks: string[];
  /** Whether the queue file itself names another database. */
  hasOwnDatabase: boolean;
  /** A body for `POST /submit-job` to try. */
  example?: string;
}

/** What a queue's process sends to its parent. */
export type ChildMessage = { imports: string } | { ready: Ready } | { failed: string };

/** A process that runs the user's code. */
export interface Child {
  /** Resolves once it serves, or to why it does not. */
  started: Promise<{ ready: Ready } | { failed: string }>;
  /** Resolves, to how it ended, when it has. */
  ended: Promise<string>;
  /** Whether it has imported a file of the project, as far as it knows. */
  imports(file: string): boolean;
  /** Ends it. */
  stop(): Promise<void>;
}

/** How long a process may take to give its jobs back. */
const LONGEST_STOP_MS = 6_000;
/** Events that say nothing to a person who has just started `wakeq dev`. */
const UNTOLD = /"event":"((api|worker)_(started|ended)"|drain".*"claimed":0,)/;

/** Starts the process that runs a queue file. It gets nothing of this process' terminal, and ends when this process does. */
export function startChild(project: string, file: string, env: Environment, print: (line: string) => void): Child {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, SERVE, project, file], {
    cwd: project,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const imported = new Set<string>();
  for (const output of [child.stdout!, child.stderr!])
    createInterface({ input: output }).on("line", (line) => {
      const shown = UNTOLD.test(line) ? undefined : lineOf(line);
      if (shown !== undefined) print(shown);
    });
  const ended = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  const started = new Promise<{ ready: Ready } | { failed: string }>((resolve) => {
    child.on("message", (message: ChildMessage) => {
      if ("imports" in message) imported.add(message.imports);
      else resolve(message);
    });
    void ended.then((how) => resolve({ failed: `its process ended as it started (${how})` }));
  });
  return {
    started,
    ended,
    imports: (path) => imported.has(path) || (imported.has(ANY_FILE) && isSource(path)),
    async stop() {
      if (child.connected) child.send(STOP, () => {}); // it may have just ended
      const force = setTimeout(() => child.kill("SIGKILL"), LONGEST_STOP_MS);
      await ended;
      clearTimeout(force);
    },
  };
}
