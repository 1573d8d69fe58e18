import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

test("docs/next.md shows the files of examples/next, which a test builds and runs", () => {
  const page = readFileSync(join(ROOT, "docs/next.md"), "utf8");
  const blocks = [...page.matchAll(/^```ts\n\/\/ (app\/\S+)\n([\s\S]*?)^```/gm)];
  for (const [, file, code] of blocks) expect(readFileSync(join(ROOT, "examples/next", file!), "utf8")).toBe(code);
  expect(blocks.map(([, file]) => file)).toEqual(["app/api/queue/[[...path]]/route.ts", "app/api/queue-tick/route.ts"]);
  const crons = /`(\{ "crons": .*?)` in `vercel.json`/.exec(page)![1]!;
  expect(JSON.parse(crons)).toEqual(JSON.parse(readFileSync(join(ROOT, "examples/next/vercel.json"), "utf8")));
});
