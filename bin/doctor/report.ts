import { inertJson } from "../../lib/text.ts";
import { printable } from "../../local/printable.ts";
import type { CommandsSpent } from "./database.ts";
import type { Finding } from "./finding.ts";

/** Prints a finding as one line, with what to do below it. */
export function lineOf({ check, state, seen, fix }: Finding): string {
  const line = `${state.padEnd(5)} ${check.padEnd(12)} ${printable(seen)}`;
  return fix === undefined ? line : `${line}\n${" ".repeat(19)}→ ${printable(fix)}`;
}

/** Prints how many checks passed, and what the doctor cost. */
export function closingLine(findings: readonly Finding[], { sent, free, inScripts }: CommandsSpent): string {
  const count = (state: Finding["state"]) => findings.filter((each) => each.state === state).length;
  const [warnings, failures] = [count("warn"), count("FAIL")];
  const counts = `${count("ok")} ok, ${warnings} to look at, ${failures} failed.`;
  const cost = `The doctor took ${sent + inScripts} Redis commands, ${inScripts} of them inside scripts; ${free} are free at Upstash.`;
  return `\n${counts} ${cost}`;
}

/** Prints all findings as JSON. */
export function jsonOf(findings: readonly Finding[], { sent, free, inScripts }: CommandsSpent): string {
  const commands = { sent, free, in_scripts: inScripts };
  return inertJson(JSON.stringify({ ok: exitCodeOf(findings) === 0, findings, commands }, undefined, 2));
}

/** Returns 1 if anything failed. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ state }) => state === "FAIL") ? 1 : 0;
}

/** Hides secrets in a finding, which may be shown on a screen or in a log. */
export function hiding(secrets: readonly string[], { fix, ...finding }: Finding): Finding {
  const known = secrets.filter((secret) => secret.length >= 4);
  const hidden = (text: string) => known.reduce((rest, secret) => rest.replaceAll(secret, "(hidden)"), text);
  return { ...finding, seen: hidden(finding.seen), ...(fix === undefined ? {} : { fix: hidden(fix) }) };
}
