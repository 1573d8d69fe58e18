import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chartOf, LOOKS, tableIn } from "../../bench/pictures/charts.ts";

const ROOT = join(import.meta.dirname, "../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

test.each(Object.entries(LOOKS))("the %s chart shows the figures of README's table", (name, look) => {
  const { columns, rows } = tableIn(readme, "100 jobs at once");
  const drawn = chartOf({ columns: columns.slice(0, 3), rows }, look);
  expect(rows.length).toBeGreaterThan(5);
  expect(readFileSync(join(ROOT, `docs/pictures/bench-${name}.svg`), "utf8")).toBe(drawn);
});

test("a chart without its table says which one is missing", () => {
  expect(() => tableIn("# no table", "100 jobs at once")).toThrow('README has no table "100 jobs at once"');
});

test.each([
  "overview-light.png",
  "overview-dark.png",
  "failed-job-light.png",
  "failed-job-dark.png",
  "bench-light.svg",
  "bench-dark.svg",
])("README shows %s", (file) => {
  expect(readme).toContain(`docs/pictures/${file}`);
});
