import { expect, test } from "vitest";
import { type Reader, readerOf } from "../../bin/wakeq/typescript.ts";
import { useInstalled } from "./built.ts";
import { run, useRunning } from "./command.ts";

const { project, script } = useInstalled();
const start = useRunning();

const QUEUE = `import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";
import { one } from "./one.js";
import { two } from "./two";
import { three } from "./three";

const say = defineTask({ name: "say", input: z.object({}), run: (): number => one + two + three });
export const queue = defineQueue({ tasks: [say] });
console.log(\`sum \${one + two + three}\`);
`;
const FILES = {
  "src/queue.ts": QUEUE,
  "src/one.ts": "export const one: number = 1;\n",
  "src/two.ts": "export const two: number = 2;\n",
  "src/three/index.ts": "export const three: number = 3;\n",
};
const TYPES = ["module", "commonjs", undefined].map((type) => ({ type, "package.json": JSON.stringify({ type }) }));
const nodeReads = Boolean((process.features as { typescript?: unknown }).typescript);

test("who reads a queue file", () => {
  const cases: [file: string, nodeReads: boolean, packages: string[], reader: Reader][] = [
    ["queue.js", false, ["tsx/esm", "esbuild"], "node"],
    ["queue.mjs", false, [], "node"],
    ["queue.ts", true, ["tsx/esm", "esbuild"], "node"],
    ["queue.mts", true, [], "node"],
    ["queue.ts", false, ["esbuild", "tsx/esm"], "tsx"],
    ["queue.ts", false, ["esbuild"], "esbuild"],
    ["queue.ts", false, [], "none"],
  ];
  for (const [file, reads, packages, reader] of cases)
    expect([file, reads, packages, readerOf(file, reads, (name) => packages.includes(name))]).toEqual([
      file,
      reads,
      packages,
      reader,
    ]);
});

// Which of these there are depends on the Node that runs them.
for (const { type, ...manifest } of nodeReads ? TYPES : [])
  test(`Node itself reads TypeScript, with the names that tsc knows; type ${type}`, async () => {
    await serves(await project({ ...FILES, ...manifest }));
  });

for (const { type, ...manifest } of nodeReads ? [] : TYPES)
  test(`an older Node reads TypeScript with the project's tsx; type ${type}`, async () => {
    await serves(await project({ ...FILES, ...manifest }, ["tsx"]));
  });

for (const { type, ...manifest } of nodeReads ? [] : TYPES)
  test(`an older Node reads TypeScript with the project's esbuild; type ${type}`, async () => {
    await serves(await project({ ...FILES, ...manifest }, ["esbuild"]));
  });

test("what is not plain types needs tsx where Node reads TypeScript itself", async () => {
  const files = {
    ...FILES,
    "package.json": '{ "type": "module" }',
    "src/one.ts": "export enum One { one = 1 }\nexport const one = One.one;\n",
  };
  await serves(await project(files, ["tsx"]));
  const without = await run(script(), ["worker"], { cwd: await project(files) });
  expect(without.stderr).toMatch(/^wakeq: src\/queue\.ts: .*: run npm install -D tsx.*\n$/);
});

if (!nodeReads)
  test("an older Node without tsx and esbuild is told what to install", async () => {
    const { code, stderr } = await run(script(), ["worker"], { cwd: await project(FILES) });
    expect([code, stderr]).toEqual([
      1,
      `wakeq: src/queue.ts: Node ${process.versions.node} cannot read TypeScript: run npm install -D tsx, or use Node 22.18 or later\n`,
    ]);
  });

/** Runs `wakeq dev` in a project until it is ready. */
async function serves(cwd: string): Promise<void> {
  const dev = start(script(), ["dev", "--port", "0"], { cwd });
  await dev.says(/sum 6/);
  await dev.says(/is ready: src\/queue\.ts, task say/);
  dev.kill("SIGINT");
  expect(await dev.ended).toBe(0);
}
