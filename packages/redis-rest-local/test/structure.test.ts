import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** Maps each file of src to its imports: files as paths in src, packages by name. */
const imports = new Map(
  readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const code = readFileSync(join(ROOT, "src", name), "utf8");
      const named = [...code.matchAll(/\b(?:from |import |import\(|resolve\()"([^"]+)"/g)].map(([, each]) => each!);
      return [name, named.map((each) => (each.startsWith(".") ? normalize(join(dirname(name), each)) : each))] as const;
    }),
);

/** The files on a cycle of imports through `start`; empty if there is none. */
function circleOf(start: string): string[] {
  const seen = new Map<string, string>();
  const next = [start];
  for (let file = next.pop(); file !== undefined; file = next.pop())
    for (const each of imports.get(file) ?? []) {
      if (each === start) return [start, file];
      if (!seen.has(each)) {
        seen.set(each, file);
        next.push(each);
      }
    }
  return [];
}

test("no file imports itself through others, not even for types", () => {
  expect(imports.size).toBeGreaterThan(60);
  expect([...imports.keys()].map(circleOf).filter((circle) => circle.length > 0)).toEqual([]);
});

test("it imports only itself, Node and the packages that its package.json names", () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: object };
  const others = [...imports.values()].flat().filter((name) => !imports.has(name) && !name.startsWith("node:"));
  expect([...new Set(others.map((name) => name.split("/")[0]))]).toEqual(Object.keys(dependencies));
});
