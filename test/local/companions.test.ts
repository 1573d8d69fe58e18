import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { endLeftOvers, remember } from "../../local/companions.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "wakeq-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

test("processes that a killed start left are ended, even if they end by themselves before the signal", async () => {
  const file = join(dir, "processes");
  const left = spawn("sleep", ["600"], { stdio: "ignore" });
  const ended = new Promise((resolve) => left.once("exit", resolve));
  await remember(file, { pid: left.pid!, mark: "sleep 600" });
  const kill = process.kill.bind(process);
  vi.spyOn(process, "kill").mockImplementation((pid, signal) => {
    if (signal !== "SIGTERM") return kill(pid, signal);
    kill(pid, "SIGKILL");
    throw Object.assign(new Error("kill ESRCH"), { code: "ESRCH" });
  });
  await endLeftOvers(file);
  await ended;
  expect(existsSync(file)).toBe(false);
});
