import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf, complaints } from "../support/markdown.ts";
import { removeData, startTestStack, type TestStack } from "../support/stack.ts";

const ROOT = join(import.meta.dirname, "../..");

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ service: ROOT });
});
afterAll(() => removeData(stack));

test("the example of the client's README compiles against the tasks that ship", async () => {
  const { blocks } = await blocksOf("client/README.md");
  expect(blocks).toHaveLength(1);
  expect(await complaints(blocks)).toEqual([]);
});

test("the example of the client's README runs against the tasks that ship", async () => {
  const text = await readFile(join(ROOT, "client/README.md"), "utf8");
  const file = join(stack.dataDir, "example.mjs");
  await build({
    stdin: { contents: /```ts\n([\s\S]*?)```/.exec(text)![1]!, loader: "ts", resolveDir: join(ROOT, "client") },
    alias: { "wakeq/client": join(ROOT, "client/index.ts") },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: file,
  });
  const env = { ...process.env, WAKEQ_URL: stack.url };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
  expect(stdout.trim().split("\n").at(-1)).toBe("78498");
});
