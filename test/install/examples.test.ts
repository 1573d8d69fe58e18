import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const MOST_LINES = 60;
/** Two test runners use the same application there, a file each. */
const MOST_LINES_WITH_TESTS = 80;
const files = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((file) => !/node_modules/.test(file));
/** The examples, as `express` or `testing/esm`. */
const folders = files.filter((file) => basename(file) === "package.json").map(dirname);

/** The example's own code: neither what an installation or a build leaves, nor package.json and its like. */
function linesOf(folder: string): number {
  const files = readdirSync(join(EXAMPLES, folder), { recursive: true, encoding: "utf8" });
  const isCode = (file: string) =>
    /\.[cm]?[jt]sx?$|\.ya?ml$/.test(file) && !/(^|\/)(node_modules|dist|\.\w+)\//.test(file);
  const lines = (file: string) =>
    readFileSync(join(EXAMPLES, folder, file), "utf8")
      .trimEnd()
      .split("\n").length;
  return files.filter(isCode).reduce((sum, file) => sum + lines(file), 0);
}

test.each(folders)("examples/%s is a page of code", (folder) => {
  expect(linesOf(folder)).toBeGreaterThan(5);
  expect(linesOf(folder)).toBeLessThanOrEqual(folder.startsWith("testing/") ? MOST_LINES_WITH_TESTS : MOST_LINES);
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
  const [parent, leaf] = [dirname(folder), basename(folder)];
  const isRun = (text: string) =>
    parent === "."
      ? text.includes(`blackBox("${leaf}"`)
      : text.includes(`examples/${parent}"`) && text.includes(`"${leaf}"`);
  expect(tests.filter(isRun)).toHaveLength(1);
  expect(readFileSync(join(EXAMPLES, "README.md"), "utf8")).toContain(`[${folder}](${folder})`);
});
