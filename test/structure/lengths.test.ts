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

test(`no file is longer than ${LIMIT} lines`, () => {
  const lengths = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.([cm]?[jt]s|lua)$/.test(name))
      .map((name) => ({ file: join(folder, name), lines: linesOf(join(ROOT, folder, name)) })),
  );
  expect(lengths.length).toBeGreaterThan(300);
  const tooLong = lengths.filter(({ lines }) => lines > LIMIT).map(({ file, lines }) => `${file}: ${lines} lines`);
  expect(tooLong, "split them by what they are about").toEqual([]);
});

const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n").length;
