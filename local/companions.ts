import { execFileSync } from "node:child_process";
import { appendFile, readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, signalTo } from "./processes.ts";

/** A process that must not outlive this one. `mark` is a part of its command line, `folder` the folder that it leaves behind. */
export interface Companion {
  pid: number;
  mark: string;
  folder?: string;
}

/** Notes a process, so that the next start can end it if this process is killed. */
export async function remember(file: string, companion: Companion): Promise<void> {
  await appendFile(file, `${JSON.stringify(companion)}\n`);
}

/** Ends what a killed wakeq left behind: the noted processes whose command line still has its mark. */
export async function endLeftOvers(file: string): Promise<void> {
  const noted = (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
  for (const line of noted) {
    const { pid, mark, folder } = parsed(line);
    if (pid !== process.pid && isAlive(pid) && commandOf(pid).includes(mark)) await end(pid);
    if (folder) await rm(folder, { recursive: true, force: true });
  }
  await rm(file, { force: true });
}

/** Reads a noted process. The line may be incomplete, if its process was killed while it wrote it. */
function parsed(line: string): Companion {
  try {
    return JSON.parse(line) as Companion;
  } catch {
    return { pid: 0, mark: "" };
  }
}

async function end(pid: number): Promise<void> {
  signalTo(pid, "SIGTERM");
  for (let waited = 0; isAlive(pid) && waited < 40; waited++) await sleep(50);
  if (isAlive(pid)) signalTo(pid, "SIGKILL");
}

function commandOf(pid: number): string {
  try {
    return execFileSync("ps", ["-p", String(pid), "-o", "args="], { encoding: "utf8" });
  } catch {
    return "";
  }
}
