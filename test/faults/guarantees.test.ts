import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const text = readFileSync(new URL("GUARANTEES.md", ROOT), "utf8");
/** `file: name of a test`, where … stands for what differs from row to row. */
const named = [...text.matchAll(/`(test\/[\w/.-]+\.ts)(?:: ([^`]+))?`/g)].map(([, file, name]) => [file!, name ?? ""]);

test.each([...new Map(named.map((each) => [each.join(), each])).values()])(
  "the guarantees name a test that exists: %s: %s",
  (file, name) => {
    const source = readFileSync(new URL(file, ROOT), "utf8");
    for (const part of name.split("…")) expect(source).toContain(part.trim());
  },
);

test("the guarantees name many tests", () => {
  expect(named.length).toBeGreaterThan(20);
});
