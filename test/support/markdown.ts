import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");

/** A block of TypeScript in a Markdown file. */
export interface Block {
  /** The place of its first line: `README.md:159`. */
  place: string;
  code: string;
  /** The code that the comment before it adds: `<!-- ts: declare const id: string -->`. */
  prelude: string;
}

/**
 * The ```ts blocks of a file, except fragments, which follow the comment `<!-- ts: fragment -->`. Any other text in such a
 * comment is code that goes before the block, or declares a package that is not installed here.
 */
export async function blocksOf(file: string): Promise<{ blocks: Block[]; fragments: number }> {
  const text = await readFile(join(ROOT, file), "utf8");
  const found = [...text.matchAll(/(?:<!-- ts: ([\s\S]*?) -->\n+)?^```(?:ts|typescript|tsx)[^\n]*\n([\s\S]*?)^```/gm)];
  const blocks = found.map(({ 0: whole, 1: prelude = "", 2: code = "", index }) => {
    const line = text.slice(0, index + whole.indexOf(code)).split("\n").length;
    return { place: `${file}:${line}`, code, prelude };
  });
  const isWhole = ({ prelude }: Block) => prelude.trim() !== "fragment";
  return { blocks: blocks.filter(isWhole), fragments: blocks.length - blocks.filter(isWhole).length };
}

/**
 * What the compiler says about blocks, each as its own file with this repository's settings and packages. `../` leads
 * to the repository from wherever the reader puts the file.
 */
export async function complaints(blocks: readonly Block[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-markdown-"));
  try {
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    for (const [i, { code, prelude }] of blocks.entries()) {
      const declares = prelude.startsWith("declare module ");
      if (declares) await writeFile(join(folder, `package${i}.d.ts`), prelude);
      const text = `${declares ? "" : prelude} ${code}`;
      await writeFile(join(folder, `block${i}.ts`), text.replaceAll(/"(?:\.\.\/)+/g, `"${ROOT}/`));
    }
    const compilerOptions = {
      typeRoots: [join(ROOT, "node_modules/@types")],
      paths: {
        "wakeq/client": [join(ROOT, "client/index.ts")],
        "wakeq/testing": [join(ROOT, "testing/index.ts")],
        "redis-rest-local": [join(ROOT, "packages/redis-rest-local/src/index.ts")],
      },
    };
    const config = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions,
      include: ["block*.ts", "package*.d.ts", join(ROOT, "lib/text-assets.d.ts")],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(
      (error: { stdout: string }) => error,
    );
    const lines = stdout.split("\n").filter((line) => line !== "");
    return lines.map((line) => line.replace(/.*?block(\d+)\.ts\((\d+),\d+\)/, (_, i, at) => said(blocks[i]!, +at)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function said({ place, prelude }: Block, line: number): string {
  const [file, first] = place.split(":");
  return `${file}:${Number(first) + line - prelude.split("\n").length}`;
}
