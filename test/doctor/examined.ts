import { execFile } from "node:child_process";
import { join } from "node:path";
import type { CommandsSpent } from "../../bin/doctor/database.ts";
import { type DoctorWorld, examine } from "../../bin/doctor/examine.ts";
import type { Finding } from "../../bin/doctor/finding.ts";
import { exitCodeOf } from "../../bin/doctor/report.ts";
import { tasks } from "../support/tasks.ts";

const WITH_TEST_TASKS = ["--import", "./test/support/test-tasks.mjs"];
const ROOT = join(import.meta.dirname, "../..");

/** Runs the doctor in this process. `more` replaces parts of the world that it sees. */
export async function examined(environment: Record<string, string>, more: Partial<DoctorWorld> = {}) {
  const spent: CommandsSpent = { sent: 0, free: 0, inScripts: 0 };
  const world = {
    environment,
    nodeVersion: "20.19.0",
    now: Date.now,
    loadTasks: async () => [...tasks.values()],
    findStack: async () => undefined,
    ...more,
  };
  const findings: Finding[] = [];
  for await (const each of examine(world, spent)) findings.push(each);
  return {
    findings,
    spent,
    exitCode: exitCodeOf(findings),
    /** The line of a check: its state and what was seen. Fails unless there is exactly one. */
    line(check: string): string {
      const [found, ...others] = findings.filter((each) => each.check === check);
      if (!found || others.length > 0) throw new Error(`not one line ${check}: ${JSON.stringify(findings)}`);
      return `${found.state} ${found.seen}`;
    },
    fix: (check: string) => findings.find((each) => each.check === check)?.fix,
    /** The checks that are not ok. */
    troubles: () => findings.filter(({ state }) => state !== "ok").map(({ check, state }) => `${state} ${check}`),
  };
}

/** Runs `npm run doctor` with nothing else in its environment. */
export function runDoctor(environment: Record<string, string>, ...args: string[]) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const command = [
      "--import",
      "tsx",
      "--import",
      "./local/text-assets.mjs",
      ...WITH_TEST_TASKS,
      "bin/doctor.ts",
      ...args,
    ];
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}
