import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = [
  "lib",
  "local",
  "bin",
  "handlers",
  "tasks",
  "client",
  "testing",
  "web",
  "packages/redis-rest-local/src",
  "aws",
  "bench",
];
const LIMIT = 250;

const TEST_FOLDERS = ["test", "packages/redis-rest-local/test"];
const TEST_LIMIT = 300;

test(`no file is longer than ${LIMIT} lines`, () => {
  const lengths = lengthsIn(FOLDERS);
  expect(lengths.length).toBeGreaterThan(300);
  expect(longerThan(LIMIT, lengths), "split them by what they are about").toEqual([]);
});

test(`no test file, and no file that tests share, is longer than ${TEST_LIMIT} lines`, () => {
  const lengths = lengthsIn(TEST_FOLDERS);
  expect(lengths.length).toBeGreaterThan(250);
  expect(longerThan(TEST_LIMIT, lengths), "split them by what they are about").toEqual([]);
});

interface Length {
  file: string;
  lines: number;
}

function lengthsIn(folders: readonly string[]): Length[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.([cm]?[jt]s|tsx|lua|css|html)$/.test(name) && !name.includes("node_modules"))
      .map((name) => ({ file: join(folder, name), lines: linesOf(join(ROOT, folder, name)) })),
  );
}

const longerThan = (limit: number, lengths: readonly Length[]) =>
  lengths.filter(({ lines }) => lines > limit).map(({ file, lines }) => `${file}: ${lines} lines`);

const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n").length;
