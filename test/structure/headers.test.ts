import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SCRIPTS } from "../support/scripts.ts";

const FOLDER = join(import.meta.dirname, "../../lib/queue/scripts");
/** Not a verb: what the others begin with. */
const PRELUDE = "record.lua";

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
/** `lease_ms` in the code is `leaseMs` in the header; a name that Lua or a value takes already gets a suffix. */
const same = (inCode: string, inHeader: string) =>
  new RegExp(`^${inHeader}(Given|Limit|Budget|Key)?$`, "i").test(camel(inCode));

test("every script is known to TypeScript by its file's name", () => {
  const files = readdirSync(FOLDER).filter((file) => file !== PRELUDE);
  expect(files.map((file) => file.replace(/\.lua$/, "")).sort()).toEqual(Object.keys(SCRIPTS).sort());
});

describe.each(Object.entries(SCRIPTS))("%s", (name, script) => {
  const text = readFileSync(join(FOLDER, `${name}.lua`), "utf8");
  const lines = text.split("\n");
  const header = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("--")),
  );
  const code = lines.slice(header.length);
  const declared = (kind: string) =>
    header.flatMap((line) => line.match(new RegExp(`^-- ${kind}\\[(\\d+)\\] +(\\w+) +\\w+`))?.slice(1, 3) ?? []);

  test("its header names KEYS and ARGV as TypeScript does, in order", () => {
    expect(declared("KEYS").filter((_, i) => i % 2 === 1)).toEqual(script.keys);
    expect(declared("ARGV").filter((_, i) => i % 2 === 1)).toEqual(script.args);
    expect(declared("KEYS").filter((_, i) => i % 2 === 0)).toEqual(script.keys.map((_, i) => String(i + 1)));
    expect(declared("ARGV").filter((_, i) => i % 2 === 0)).toEqual(script.args.map((_, i) => String(i + 1)));
  });

  test("its header says what it moves, returns, costs, and does when it runs twice", () => {
    expect(header[0]).toMatch(new RegExp(`^-- ${name}: .+`));
    for (const word of ["MOVES", "RETURNS", "COSTS", "REPLAY"])
      expect(
        header.filter((line) => line.startsWith(`-- ${word} `)),
        word,
      ).toHaveLength(1);
  });

  test("one block on top names every KEYS and ARGV, and nothing below indexes them", () => {
    const end = code.findIndex((line) => !/^local .*\b(KEYS|ARGV)\b/.test(line));
    const block = code.slice(0, end).join("\n");
    const below = code.slice(end).join("\n");
    expect(below).not.toMatch(/\b(KEYS|ARGV)\b/);
    for (const kind of ["KEYS", "ARGV"] as const) {
      const names = kind === "KEYS" ? script.keys : script.args;
      for (const [i, wanted] of names.entries()) {
        const inOrder = namedBy(block, `${kind}[${i + 1}]`);
        // `stats` and `trim` take their places as a whole: all are treated alike.
        if (inOrder === undefined)
          expect(block, `${kind}[${i + 1}] ${wanted}`).toMatch(
            new RegExp(`= (\\{ )?(unpack\\()?${kind}\\b(?!\\[)|\\{ ${kind}\\[1\\]`),
          );
        else
          expect(same(inOrder, wanted), `${kind}[${i + 1}] is ${wanted}, but the code calls it ${inOrder}`).toBe(true);
      }
    }
  });
});

/** The name that the block gives to an element: of `local a, b = KEYS[1], KEYS[2]` or of `{ high = KEYS[1] }`. */
function namedBy(block: string, element: string): string | undefined {
  for (const line of block.split("\n")) {
    const field = line.match(new RegExp(`(\\w+) = (?:tonumber\\()?${element.replace(/[[\]]/g, "\\$&")}`));
    if (field && line.includes("{")) return field[1];
    if (/= \{ (KEYS|ARGV)\[/.test(line)) continue;
    const [, left = "", right = ""] = line.match(/^local ([\w, ]+) = (.+?)( --.*)?$/) ?? [];
    const at = right.split(/, (?![^(]*\))/).findIndex((value) => value.includes(element));
    if (at >= 0) return left.split(", ")[at];
  }
  return undefined;
}
