import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const MOST_LINES = 60;
const folders = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []));

/** The example's own code: neither what an installation or a build leaves, nor package.json and its like. */
function linesOf(folder: string): number {
  const files = readdirSync(join(EXAMPLES, folder), { recursive: true, encoding: "utf8" });
  const code = files.filter(
    (file) => /\.[cm]?[jt]sx?$|\.ya?ml$/.test(file) && !/(^|\/)(node_modules|dist|\.\w+)\//.test(file),
  );
  return code.reduce(
    (sum, file) =>
      sum +
      readFileSync(join(EXAMPLES, folder, file), "utf8")
        .trimEnd()
        .split("\n").length,
    0,
  );
}

test.each(folders)("examples/%s is at most 60 lines of code", (folder) => {
  expect(linesOf(folder)).toBeGreaterThan(5);
  expect(linesOf(folder)).toBeLessThanOrEqual(MOST_LINES);
});

test.each(folders)("examples/%s says exactly which packages it takes, and takes this one", (folder) => {
  const text = readFileSync(join(EXAMPLES, folder, "package.json"), "utf8");
  const { dependencies, devDependencies = {} } = JSON.parse(text) as Record<string, Record<string, string>>;
  const { wakeq, ...others } = dependencies!;
  expect(wakeq).toBe("^0.2.0");
  const versions = Object.values({ ...others, ...devDependencies });
  expect(versions.filter((version) => !/^(npm:.+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test.each(folders)("examples/%s is run by a test, and named in examples/README.md", (folder) => {
  const tests = readdirSync(import.meta.dirname).map((file) => readFileSync(join(import.meta.dirname, file), "utf8"));
  expect(tests.filter((text) => text.includes(`blackBox("${folder}"`))).toHaveLength(1);
  expect(readFileSync(join(EXAMPLES, "README.md"), "utf8")).toContain(`[${folder}](${folder})`);
});
