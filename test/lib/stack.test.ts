import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stackOf } from "../../lib/observability/stack.ts";

const SOURCE = `
export function boom(message: string): never {
  throw new Error(message);
}
`;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wakeq-stack-"));
  await writeFile(join(folder, "boom.ts"), SOURCE);
});
afterAll(() => rm(folder, { recursive: true }));

/** The stack of the error that a bundle of the source throws. */
async function thrown(name: string, sourcemap: "linked" | false): Promise<Error> {
  const outfile = join(folder, `${name}.mjs`);
  const entryPoints = [join(folder, "boom.ts")];
  await build({ entryPoints, outfile, sourcemap, bundle: true, minify: true, format: "esm", platform: "node" });
  // In a process of its own: vitest rewrites what it imports.
  const script = `try { (await import(${JSON.stringify(pathToFileURL(outfile).href)})).boom("no luck") } catch (error) { process.stdout.write(error.stack) }`;
  const stack = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", env: {} });
  return Object.assign(new Error("no luck"), { stack });
}

test("a stack names the line of the source from which a bundle was made", async () => {
  const error = await thrown("mapped", "linked");
  expect(error.stack).toMatch(/mapped\.mjs:1:\d+/);
  expect(stackOf(error)).toMatch(/^Error: no luck\n\s+at .*boom\.ts:3:9\)?\n/);
});

test("a stack stays unchanged if there is no source map", async () => {
  const error = await thrown("bare", false);
  expect(stackOf(error)).toBe(error.stack);
});
