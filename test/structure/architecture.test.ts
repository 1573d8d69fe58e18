import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

const DECISIONS = readdirSync(join(ROOT, "docs/decisions")).map((name) => `docs/decisions/${name}`);
const PAGES = ["README.md", "CONTRIBUTING.md", "AGENTS.md", "docs/architecture.md", ...DECISIONS];
/** A path in backquotes that begins with one of our folders. */
const PATH = /`((?:aws|bench|bin|client|docs|handlers|lib|local|tasks|test|testing|web)\/[\w./-]*)`/g;

test.each(PAGES)("every path that %s names exists", (page) => {
  const missing = [...textOf(page).matchAll(PATH)]
    .map(([, path]) => path!)
    .filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

test("the trail of one job is true: each file contains what the trail names, and there are at most 15 files", () => {
  const steps = [...textOf("docs/architecture.md").matchAll(/^\d+\. `([^`]+)`: `([^`]+)`\./gm)];
  const files = steps.map(([, file]) => file!);
  expect(files.length).toBeGreaterThanOrEqual(10);
  expect(new Set(files).size).toBeLessThanOrEqual(15);
  for (const [, file, name] of steps) {
    const declared = file!.endsWith(".lua")
      ? new RegExp(`\\b${name}\\b`)
      : new RegExp(`(?:function\\*? |const |^ {2}(?:async )?)${name}\\b`, "m");
    expect(declared.test(textOf(file!)), `${file} declares ${name}`).toBe(true);
  }
});

test("docs/architecture.md names exactly the modes of the worker", () => {
  const [, declared] = /export type Mode = ([^;]+);/.exec(textOf("lib/worker/next-step.ts"))!;
  const table = textOf("docs/architecture.md").split("| mode |")[1]!.split("\n\n")[0]!;
  const listed = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, mode]) => `"${mode}"`);
  expect(listed.join(" | ")).toBe(declared);
});
