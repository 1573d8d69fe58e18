import { inertJson } from "../../lib/text.ts";
import { printable } from "../../local/printable.ts";
import type { Spent } from "./database.ts";
import type { Finding } from "./finding.ts";

/** One line, and below it what to do. */
export function lineOf({ check, state, seen, mend }: Finding): string {
  const line = `${state.padEnd(5)} ${check.padEnd(12)} ${printable(seen)}`;
  return mend === undefined ? line : `${line}\n${" ".repeat(19)}→ ${printable(mend)}`;
}

export function closingLine(findings: readonly Finding[], { sent, free, inScripts }: Spent): string {
  const count = (state: Finding["state"]) => findings.filter((each) => each.state === state).length;
  const [warnings, failures] = [count("warn"), count("FAIL")];
  const counts = `${count("ok")} ok, ${warnings} to look at, ${failures} failed.`;
  const cost = `The doctor took ${sent + inScripts} Redis commands, ${inScripts} of them inside scripts; ${free} are free at Upstash.`;
  return `\n${counts} ${cost}`;
}

export function jsonOf(findings: readonly Finding[], { sent, free, inScripts }: Spent): string {
  const commands = { sent, free, in_scripts: inScripts };
  return inertJson(JSON.stringify({ ok: exitCodeOf(findings) === 0, findings, commands }, undefined, 2));
}

export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ state }) => state === "FAIL") ? 1 : 0;
}

/** Without what nobody may see on a screen or in a log, wherever it came from. */
export function hiding(secrets: readonly string[], { mend, ...finding }: Finding): Finding {
  const known = secrets.filter((secret) => secret.length >= 4);
  const hidden = (text: string) => known.reduce((rest, secret) => rest.replaceAll(secret, "(hidden)"), text);
  return { ...finding, seen: hidden(finding.seen), ...(mend === undefined ? {} : { mend: hidden(mend) }) };
}
