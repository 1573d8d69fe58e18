import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, complaints } from "../support/markdown.ts";

const ROOT = join(import.meta.dirname, "../..");
/** client/README.md is about the tasks that ship: test/tasks/clientReadme.test.ts. */
const FILES = [ROOT, join(ROOT, "docs")]
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".md"))
      .map((name) => (folder === ROOT ? name : `docs/${name}`)),
  )
  .concat("packages/redis-rest-local/README.md");

test("every TypeScript block of README and docs compiles as it stands", async () => {
  const found = await Promise.all(FILES.map(blocksOf));
  const blocks = found.flatMap((each) => each.blocks);
  expect(FILES).toContain("docs/deploy.md");
  expect(blocks.length).toBeGreaterThanOrEqual(2);
  expect(found.reduce((sum, { fragments }) => sum + fragments, 0)).toBeLessThanOrEqual(3);
  expect(await complaints(blocks)).toEqual([]);
});

test("a block that does not compile is reported with its place", async () => {
  const wrong = { place: "docs/some.md:10", prelude: "", code: "const a = 1;\nexport const b: string = a;\n" };
  const known = {
    place: "docs/some.md:30",
    prelude: "declare const a: string;",
    code: "export const b: string = a;\n",
  };
  expect(await complaints([wrong, known])).toEqual([
    "docs/some.md:11: error TS2322: Type 'number' is not assignable to type 'string'.",
  ]);
});
