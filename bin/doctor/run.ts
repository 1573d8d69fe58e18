import type { CommandsSpent } from "./database.ts";
import { type DoctorWorld, examine } from "./examine.ts";
import type { Finding } from "./finding.ts";
import { closingLine, exitCodeOf, jsonOf, lineOf } from "./report.ts";

/** How an examination is printed. */
export interface Printing {
  json: boolean;
  /** Changes a finding before it is printed: names other commands, say. */
  worded?(finding: Finding): Finding;
}

/** Examines this process' world, and prints what is found. Returns 1 if something is wrong. */
export async function runDoctor(
  world: Omit<DoctorWorld, "nodeVersion" | "now" | "stopped">,
  { json, worded = (finding) => finding }: Printing,
): Promise<number> {
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
  const spent: CommandsSpent = { sent: 0, free: 0, inScripts: 0 };
  const findings: Finding[] = [];
  const whole = { ...world, nodeVersion: process.versions.node, now: Date.now, stopped: stopped.signal };
  for await (const each of examine(whole, spent)) {
    const finding = worded(each);
    findings.push(finding);
    if (!json) console.log(lineOf(finding));
  }
  console.log(json ? jsonOf(findings, spent) : closingLine(findings, spent));
  return exitCodeOf(findings);
}
