import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../src/embedded/command-table.ts";
import { ABSENT, RESTRICTED, SUBCOMMANDS } from "../src/rules.ts";

const README = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

test.each<[string, readonly string[]]>([
  ["embedded", commands.names.map((name) => name.toUpperCase().replace("|", " "))],
  ["restricted", RESTRICTED],
  ["absent", ABSENT],
  ["subcommands", Object.entries(SUBCOMMANDS).flatMap(([name, known]) => known.map((each) => `${name} ${each}`))],
])("the gateway's README lists every entry of the table: %s", (list, names) => {
  const [, listed = ""] = new RegExp(`<!-- list: ${list} -->\n([\\s\\S]*?)<!-- end -->`).exec(README) ?? [];
  expect([...listed.matchAll(/`([^`]+)`/g)].map(([, name]) => name).sort()).toEqual([...names].sort());
});
