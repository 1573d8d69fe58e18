import type { Command } from "./backend.ts";
import { word } from "./rules.ts";

/** A script for one step of SCAN, with each key followed by its type. An error is answered as SCAN answers it. */
const SCAN_WITH_TYPES = `
  local step = redis.pcall('SCAN', unpack(ARGV))
  if step.err then return step end
  local pairs = {}
  for i, key in ipairs(step[2]) do
    pairs[2 * i - 1] = key
    pairs[2 * i] = redis.call('TYPE', key).ok
  end
  return {step[1], pairs}`;

/** Rewrites a command with options of Upstash's for Redis. Returns undefined if it has none. */
export function withoutUpstashOptions(name: string, command: Command): Command | undefined {
  if (name === "SCAN") return scanWithTypes(command);
  if (name === "COPY") return copyWithoutDatabase(command);
  return undefined;
}

function scanWithTypes(command: Command): Command | undefined {
  const kept = [...command.slice(1, 2)];
  for (let at = 2; at < command.length; at++) {
    if (word(command, at) === "WITHTYPE") continue;
    kept.push(command[at]!);
    // The word after an option is its value, even if it looks like an option.
    if (["MATCH", "COUNT", "TYPE"].includes(word(command, at)) && at + 1 < command.length) kept.push(command[++at]!);
  }
  return kept.length === command.length - 1 ? undefined : ["EVAL", SCAN_WITH_TYPES, "0", ...kept];
}

/** Removes `DB 0` from a COPY: it is the shared database, which may have another number behind the gateway. */
function copyWithoutDatabase(command: Command): Command | undefined {
  const at = command.findIndex((_, index) => index > 2 && word(command, index) === "DB");
  return at > 0 && word(command, at + 1) === "0"
    ? command.filter((_, index) => index < at || index > at + 1)
    : undefined;
}
