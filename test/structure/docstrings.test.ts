import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = [
  ...["lib", "client", "testing"],
  ...readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/src`),
];

/** Lines that look like an exported name, and why they are none. */
const ALLOWED = ["lib/adapters/serverless/entry.ts:handler"]; // a line of the file that it writes

const EXPORTED =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(function|class|interface|type|const|let|enum)\b\*? (\w+)/;

/**
 * The exported names without a docstring. A name needs none of its own where another of its kind that has one is directly
 * above it, or where the file has documented the name already: a schema's type, a function's second signature.
 */
function undocumented(code: string): string[] {
  const lines = code.split("\n");
  const documented = new Set<string>();
  const missing: string[] = [];
  /** The kind that the block of lines without a gap has a docstring for. */
  let above: string | undefined;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") above = undefined;
    const [, kind, name] = EXPORTED.exec(line) ?? [];
    if (kind === undefined || name === undefined) continue;
    if (isDocumented(lines, i) || kind === above || documented.has(name)) documented.add(name);
    else missing.push(name);
    above = documented.has(name) ? kind : undefined;
  }
  return missing;
}

/** Returns whether a docstring ends directly above the line; a comment for the linter may stand between. */
function isDocumented(lines: readonly string[], at: number): boolean {
  let i = at - 1;
  while (/^\/\/ biome-ignore/.test(lines[i] ?? "")) i--;
  let start = i;
  while (/^ \*/.test(lines[start] ?? "")) start--;
  return /\*\/$/.test(lines[i] ?? "") && /^\/\*\*/.test(lines[start] ?? "");
}

const files = SOURCES.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /(?<!\.d)\.ts$/.test(name) && !/(^|\/)(dist|node_modules)\//.test(name))
    .map((name) => join(folder, name)),
);
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

test("every exported name has a docstring directly above it", () => {
  expect(files.length).toBeGreaterThan(200);
  const missing = files.flatMap((file) => undocumented(read(file)).map((name) => `${file}:${name}`));
  expect(missing, "say in a sentence what it is or does").toEqual(ALLOWED);
});

test("no docstring begins with Of or To", () => {
  const wrong = files.flatMap((file) =>
    (read(file).match(/\/\*\*(\s+\*)? (Of|To) .*/g) ?? []).map((text) => [file, text]),
  );
  expect(wrong, "begin with a verb or a noun").toEqual([]);
});

test.each([
  ["nothing above it", "import a from 'a';\n\nexport const a = 1;", ["a"]],
  ["a plain comment", "// What a is.\nexport function a() {}", ["a"]],
  ["a comment that is no docstring", "/* What a is. */\nexport interface A {", ["A"]],
  ["a docstring", "/** What a is. */\nexport async function a() {}", []],
  ["a docstring of several lines", "/**\n * What a is.\n */\nexport class A {", []],
  ["a docstring and a gap", "/** What the file is. */\n\nexport class A {", ["A"]],
  ["a documented neighbour of its kind", "/** Sizes. */\nexport const a = 1;\nexport const b = 2;", []],
  ["a neighbour of its kind without one", "export const a = 1;\nexport const b = 2;", ["a", "b"]],
  ["a documented neighbour, and a gap", "/** A size. */\nexport const a = 1;\n\nexport const b = 2;", ["b"]],
  ["a neighbour of another kind", "/** Sizes. */\nexport const A = [1];\nexport type B = number;", ["B"]],
  ["its own name documented above", "/** A job. */\nexport const A = z.string();\nexport type A = string;", []],
])("with %s, a name is judged by the rule", (_, code, missing) => expect(undocumented(code)).toEqual(missing));
