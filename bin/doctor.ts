import "./dotenv.ts";
import { parseArgs } from "node:util";
import { indexTasks } from "../lib/tasks.ts";
import { printableLines } from "../local/printable.ts";
import { dataDirOf, runningStack } from "../local/stack-file.ts";
import type { CommandsSpent } from "./doctor/database.ts";
import { examine } from "./doctor/examine.ts";
import type { Finding } from "./doctor/finding.ts";
import { closingLine, exitCodeOf, jsonOf, lineOf } from "./doctor/report.ts";

/** Runs `npm run doctor [-- --json]`: checks the settings and the database that they name. Returns 1 if something is wrong. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());

  const spent: CommandsSpent = { sent: 0, free: 0, inScripts: 0 };
  const findings: Finding[] = [];
  const world = {
    environment: process.env,
    nodeVersion: process.versions.node,
    now: Date.now,
    loadTasks,
    findStack: () => runningStack(dataDirOf(process.env)),
    stopped: stopped.signal,
  };
  for await (const each of examine(world, spent)) {
    findings.push(each);
    if (!values.json) console.log(lineOf(each));
  }
  console.log(values.json ? jsonOf(findings, spent) : closingLine(findings, spent));
  return exitCodeOf(findings);
}

async function loadTasks(): Promise<string[]> {
  const { taskList } = await import("../tasks/index.ts");
  return [...indexTasks(taskList).keys()];
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`wakeq: ${printableLines(error instanceof Error ? error.message : String(error))}`);
    process.exit(1);
  },
);
