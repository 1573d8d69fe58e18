import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stackOf } from "../../lib/stack.ts";

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

/** What a bundle of the source throws. */
async function thrown(name: string, sourcemap: "linked" | false): Promise<Error> {
  const outfile = join(folder, `${name}.cjs`);
  const entryPoints = [join(folder, "boom.ts")];
  await build({ entryPoints, outfile, sourcemap, bundle: true, minify: true, format: "cjs", platform: "node" });
  const { boom } = createRequire(import.meta.url)(outfile) as { boom(message: string): never };
  try {
    return boom("no luck");
  } catch (error) {
    return error as Error;
  }
}

it("a stack names the line of the source that a bundle was made of", async () => {
  const error = await thrown("mapped", "linked");
  expect(error.stack).toMatch(/mapped\.cjs:1:\d+/);
  expect(stackOf(error)).toMatch(/^Error: no luck\n\s+at .*boom\.ts:3:9\)?\n/);
});

it("a stack stays as it is where there is no map", async () => {
  const error = await thrown("bare", false);
  expect(stackOf(error)).toBe(error.stack);
});
