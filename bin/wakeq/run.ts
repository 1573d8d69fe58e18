import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CommandError } from "./command-error.ts";
import type { Values } from "./commands.ts";
import { databaseIn, loadEnvironment } from "./environment.ts";
import { useRunningDev } from "./worker.ts";

/**
 * Runs `wakeq run COMMAND…`: a program of the application, on the store of the `wakeq dev` that runs in this project. Returns the
 * program's exit code.
 */
export async function run(_: Values, [command, ...args]: readonly string[]): Promise<number> {
  if (command === undefined) throw new CommandError("run: name the program to run, as in npx wakeq run node app.js");
  loadEnvironment(process.cwd());
  // The API that the program mounts is for this machine alone, as that of dev.
  if (await useRunningDev()) process.env.IS_LOCAL ??= "true";
  if (!databaseIn(process.env))
    throw new CommandError("no wakeq dev runs in this project: run npx wakeq dev in another terminal first");
  const child = spawn(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  // Ctrl-C reaches the program by itself: it ends when the program has ended.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", () => reject(new CommandError(`run: there is no program ${command}`)));
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
