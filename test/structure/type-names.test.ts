import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = [
  ...["lib", "client", "testing", "bin", "local", "web", "tasks", "handlers", "bench"],
  ...readdirSync(join(ROOT, "packages")).map((name) => `packages/${name}/src`),
];

const OF_THE_WIRE = "the client's own copy of what the API speaks: it imports nothing of lib";
/** Names that may be declared more than once, or that a global has, and why. One that is not needed any more fails. */
const ALLOWED: Record<string, string> = {
  Fault: OF_THE_WIRE,
  Job: OF_THE_WIRE,
  JobRequest: OF_THE_WIRE,
  JobState: OF_THE_WIRE,
  LogLine: OF_THE_WIRE,
  Priority: OF_THE_WIRE,
  ScheduleRequest: OF_THE_WIRE,
  Status: OF_THE_WIRE,
};

const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:type|interface|class|enum) ([A-Z]\w*)(?=<| [={]| extends | implements |$)/gm;

function namesIn(code: string): Set<string> {
  return new Set([...code.matchAll(DECLARED)].map(([, name]) => name!));
}

/** Each type that the sources declare, with the files that declare it. */
function declarations(): [name: string, files: string[]][] {
  const files = SOURCES.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !/(^|\/)(dist|node_modules)\//.test(name))
      .map((name) => join(folder, name)),
  );
  const byName = new Map<string, string[]>();
  for (const file of files)
    for (const name of namesIn(readFileSync(join(ROOT, file), "utf8")))
      byName.set(name, [...(byName.get(name) ?? []), file]);
  return [...byName];
}

/** Every name that is there without an import: of the language, of browsers, of Node. */
function globalNames(): Set<string> {
  const compilers = join(ROOT, "node_modules/@typescript");
  const types = join(compilers, readdirSync(compilers).find((name) => name.startsWith("typescript-"))!, "lib");
  const declared = readdirSync(types)
    .filter((name) => /^lib\.(es|dom|decorators).*\.d\.ts$/.test(name))
    .flatMap((name) => [...namesIn(readFileSync(join(types, name), "utf8"))]);
  return new Set([...declared, ...Object.getOwnPropertyNames(globalThis)]);
}

const DECLARATIONS = declarations();
const GLOBALS = globalNames();
const isRepeated = ([, files]: [string, string[]]) => files.length > 1;
const isGlobal = ([name]: [string, string[]]) => GLOBALS.has(name);
const shown = ([name, files]: [string, string[]]) => `${name}: ${files.join(", ")}`;

test("a type name means one thing: no two files declare it", () => {
  expect(DECLARATIONS.length).toBeGreaterThan(300);
  const repeated = DECLARATIONS.filter(isRepeated).filter(([name]) => !(name in ALLOWED));
  expect(repeated.map(shown), "name each after what it is, or say in ALLOWED why they are the same").toEqual([]);
});

test("no type has the name of a global", () => {
  for (const name of ["Request", "Headers", "Record", "Map", "Buffer", "URL"]) expect(GLOBALS).toContain(name);
  const shadows = DECLARATIONS.filter(isGlobal).filter(([name]) => !(name in ALLOWED));
  expect(shadows.map(shown)).toEqual([]);
});

test("every exception is still needed", () => {
  const needed = DECLARATIONS.filter((each) => isRepeated(each) || isGlobal(each)).map(([name]) => name);
  expect(Object.keys(ALLOWED).filter((name) => !needed.includes(name))).toEqual([]);
});
