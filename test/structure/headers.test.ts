import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LUA_NAMES } from "../../lib/queue/keys.ts";
import { SCRIPTS } from "../support/scripts.ts";

const FOLDER = join(import.meta.dirname, "../../lib/queue/scripts");
const MAX_LINES = 60;
/** Parts that read arguments; the other parts with a function of the same name are steps of claim. */
const READERS = ["groups", "new_jobs"];

const scripts = Object.entries(SCRIPTS);
const parts = new Map(scripts.flatMap(([, script]) => script.parts.map((part) => [part.name, part] as const)));
const luaFiles = (folder: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".lua"))
    .map((file) => file.replace(/\.lua$/, ""))
    .sort();

/** A file's header, and its code without comments. */
function read(path: string): { header: string[]; code: string } {
  const lines = readFileSync(join(FOLDER, `${path}.lua`), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("--"));
  const code = lines.slice(end).map((line) => line.replace(/(^|\s)-- .*$/, ""));
  return { header: lines.slice(0, end), code: code.filter((line) => line.trim() !== "").join("\n") };
}

/** The first two words of each row of the header that begins with the word, or with blanks below such a row. */
function rows(header: readonly string[], word: string): string[][] {
  const first = header.findIndex((line) => line.startsWith(`-- ${word}`));
  if (first < 0) return [];
  const block = header.slice(first);
  const end = block.findIndex((line, i) => i > 0 && !/^-- {4,}\S/.test(line));
  return block
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.replace(/^-- (\w+(\[[\d.]+\])?)?/, "").trim())
    .flatMap((line) => [/^(\w+) +(list|zset|hash|string|int|table)\b/.exec(line)?.slice(1) ?? []])
    .filter((row) => row.length > 0);
}

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The names of keys that the code uses, in the order of the table, without fields and text. */
function keysIn(code: string): string[] {
  const bare = code.replace(/"[^"\n]*"|'[^'\n]*'/g, '""');
  return LUA_NAMES.filter((name) => new RegExp(`(?<![.\\w])${name}\\b(?!\\s*=[^=])`).test(bare));
}

const inOrder = (names: readonly string[]) => LUA_NAMES.filter((name) => names.includes(name));

test("every script is known to TypeScript by its file's name, and so is every part", () => {
  expect(luaFiles(FOLDER)).toEqual(scripts.map(([name]) => name).sort());
  expect(luaFiles(join(FOLDER, "parts"))).toEqual([...parts.keys()].sort());
});

test.each([...luaFiles(FOLDER), ...luaFiles(join(FOLDER, "parts")).map((name) => `parts/${name}`)])(
  "%s.lua has at most 60 lines of code",
  (path) => expect(read(path).code.split("\n").length).toBeLessThanOrEqual(MAX_LINES),
);

describe.each(scripts)("%s", (name, script) => {
  const { header, code } = read(name);
  const [block = ""] = /^(local .*\bARGV\b.*\n)+/.exec(code) ?? [];
  const below = code.slice(block.length);
  const declared = (kind: string) =>
    header.flatMap(
      (line) => line.match(new RegExp(`^-- ${kind}\\[(\\d+(?:\\.\\.)?)\\] +(\\w+) +\\w+`))?.slice(1) ?? [],
    );

  test("its header names KEYS and ARGV as TypeScript does, in order", () => {
    const numbered = (names: readonly string[]) => names.flatMap((each, i) => [String(i + 1), each]);
    expect(declared("KEYS")).toEqual(numbered(script.keys));
    expect(declared("ARGV").slice(0, script.args.length * 2)).toEqual(numbered(script.args));
    const [rest = "", ...more] = declared("ARGV").slice(script.args.length * 2);
    if (rest !== "") expect([rest, more.length]).toEqual([`${script.args.length + 1}..`, 1]);
    expect(script.keys.length).toBeLessThanOrEqual(6);
    expect(script.args.length).toBeLessThanOrEqual(8);
  });

  test("its header names the keys that it builds from the stem, and its code uses exactly these", () => {
    const named = rows(header, "KEYS[1]").map(([each]) => each!);
    expect(named.slice(1)).toEqual(inOrder(script.uses));
    expect(keysIn(code)).toEqual(inOrder(script.uses));
    for (const each of script.keys.slice(1)) expect(below).toMatch(new RegExp(`\\b${each}\\b`));
  });

  test("its header says what it moves, returns and costs, and what a second run does", () => {
    expect(header[0]).toMatch(new RegExp(`^-- ${name}: .+`));
    for (const word of ["MOVES", "RETURNS", "COSTS", "REPLAY"])
      expect(
        header.filter((line) => line.startsWith(`-- ${word} `)),
        word,
      ).toHaveLength(1);
  });

  test("a block at the top names every ARGV as the header does, and nothing below indexes them", () => {
    expect(below).not.toMatch(/\b(KEYS|ARGV)\b/);
    for (const [i, wanted] of script.args.entries())
      expect(camel(namedBy(block, `ARGV[${i + 1}]`)), `ARGV[${i + 1}]`).toMatch(new RegExp(`^${wanted}(Given)?$`));
    const [, rest] = declared("ARGV").slice(script.args.length * 2);
    if (rest) expect(namedBy(block, /^(\{ unpack\()?ARGV\b(?!\[)/)).toBe(rest);
  });
});

test("claim reads the settings that all claims share as its header says", () => {
  const { header, code } = read("claim");
  const [, ...named] = rows(header, "ARGV[8]").map(([each]) => each!);
  const [, left = ""] = /^local ([\w, ]+) = settings:match/m.exec(code) ?? [];
  expect(left.split(", ").map(camel)).toEqual(named);
});

describe.each([...parts.values()])("the part $name", ({ name, uses, takes }) => {
  const { header, code } = read(`parts/${name}`);

  test("its header says what it is for", () => expect(header[0]).toMatch(new RegExp(`^-- ${name}: .+`)));

  test("its header, its code and TypeScript name the same keys", () => {
    expect(rows(header, "USES").map(([each]) => each)).toEqual(inOrder(uses));
    expect(keysIn(code)).toEqual(inOrder(uses));
    expect(code).not.toMatch(/\b(KEYS|ARGV)\b/);
  });

  test("its header names the parameters of its function as TypeScript does, in order", () => {
    const functions = [...code.matchAll(/^local function (\w+)\(([\w, .]*)\)/gm)];
    const own = functions.find(([, called]) => called === name || called === `read_${name}`);
    expect(rows(header, "TAKES").map(([each]) => each)).toEqual(takes ?? []);
    if (takes) expect(own?.[2]?.split(", ").map(camel)).toEqual(takes);
  });
});

test.each([...parts.values()].filter(({ takes }) => takes))(
  "the header of $name says what it returns, and for a step also what it moves and costs and what a second run does",
  ({ name }) => {
    const { header } = read(`parts/${name}`);
    const words = READERS.includes(name) ? ["RETURNS"] : ["MOVES", "RETURNS", "COSTS", "REPLAY"];
    for (const word of words)
      expect(
        header.filter((line) => line.startsWith(`-- ${word} `)),
        word,
      ).toHaveLength(1);
  },
);

/** The name that the block gives an element, as in `local a, b = ARGV[1], tonumber(ARGV[2])`. */
function namedBy(block: string, element: string | RegExp): string {
  for (const line of block.split("\n")) {
    const [, left = "", right = ""] = line.match(/^local ([\w, ]+) = (.+)$/) ?? [];
    const values = right.split(/, (?![^({]*[)}])/);
    const at = values.findIndex((value) =>
      typeof element === "string" ? value.includes(element) : element.test(value),
    );
    if (at >= 0) return left.split(", ")[at]!;
  }
  return "";
}
