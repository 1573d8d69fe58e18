import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Block, blocksOf, complaints } from "../support/markdown.ts";

const ROOT = join(import.meta.dirname, "../..");
/** client/README.md is about the tasks that ship: test/tasks/clientReadme.test.ts. */
const FILES = readdirSync(ROOT, { encoding: "utf8" })
  .concat(["docs", "examples"].filter((folder) => existsSync(join(ROOT, folder))).flatMap(below))
  .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
  .concat("packages/redis-rest-local/README.md");

test("every block of TypeScript and JavaScript in README and docs compiles as it stands", async () => {
  const found = await Promise.all(FILES.map(blocksOf));
  const blocks = found.flatMap((each) => each.blocks);
  expect(FILES).toEqual(expect.arrayContaining(["README.md", "docs/deploy.md", "docs/decisions/buffer.md"]));
  expect(blocks.length).toBeGreaterThanOrEqual(2);
  expect(found.reduce((sum, { fragments }) => sum + fragments, 0)).toBeLessThanOrEqual(3);
  expect(await complaints(blocks)).toEqual([]);
});

test("a block that does not compile is reported with its place", async () => {
  const at = (line: number): Pick<Block, "place" | "language"> => ({ place: `docs/some.md:${line}`, language: "ts" });
  const wrong = { ...at(10), prelude: "", code: "const a = 1;\nexport const b: string = a;\n" };
  const known = { ...at(30), prelude: "declare const a: string;", code: "export const b: string = a;\n" };
  expect(await complaints([wrong, known])).toEqual([
    "docs/some.md:11: error TS2322: Type 'number' is not assignable to type 'string'.",
  ]);
});

test("a block whose first line gives it a path can be imported by another block of its page", async () => {
  const queue = {
    place: "docs/some.md:5",
    language: "ts",
    prelude: "",
    code: "// src/a.ts\nexport const a = 1;\n",
  } as const;
  const caller = {
    ...queue,
    place: "docs/some.md:20",
    code: 'import { a } from "./src/a.ts";\nexport const b: string = a;\n',
  };
  expect(await complaints([{ ...queue, path: "src/a.ts" }, caller])).toEqual([
    "docs/some.md:21: error TS2322: Type 'number' is not assignable to type 'string'.",
  ]);
});

test("JavaScript is checked too", async () => {
  const block = {
    place: "docs/some.md:5",
    language: "js",
    prelude: "",
    code: 'import { gone } from "wakeq";\ngone();\n',
  } as const;
  expect(await complaints([block])).toEqual([expect.stringContaining("docs/some.md:5: error TS2305")]);
});

function below(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`);
}
