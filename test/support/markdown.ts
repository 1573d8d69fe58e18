import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { DOORS } from "../../bin/package/doors.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A block of TypeScript or JavaScript in a Markdown file. */
export interface Block {
  /** The place of its first line: `README.md:159`. */
  place: string;
  code: string;
  language: "ts" | "js";
  /** The code that the comment before it adds: `<!-- ts: declare const id: string -->`. */
  prelude: string;
  /** The path that its first line gives it, so that later blocks of the page may import it: `// src/queue.ts`. */
  path?: string | undefined;
}

const BLOCK = /(?:<!-- ts: ([\s\S]*?) -->\n+)?^```(tsx?|typescript|jsx?|mjs|javascript)\b[^\n]*\n([\s\S]*?)^```/gm;

/**
 * The blocks of TypeScript and JavaScript in a file, except fragments, which follow the comment `<!-- ts: fragment -->`. Any other
 * text in such a comment is code that goes before the block, or declares a package that is not installed here.
 */
export async function blocksOf(file: string): Promise<{ blocks: Block[]; fragments: number }> {
  const text = await readFile(join(ROOT, file), "utf8");
  const blocks = [...text.matchAll(BLOCK)].map(({ 0: whole, 1: prelude = "", 2: said = "", 3: code = "", index }) => {
    const line = text.slice(0, index + whole.indexOf(code)).split("\n").length;
    const [, path] = /^\/\/ ([\w./[\]-]+\.[mc]?[jt]s)\b/.exec(code) ?? [];
    const language: Block["language"] = said.startsWith("t") ? "ts" : "js";
    return { place: `${file}:${line}`, code, language, prelude, path };
  });
  const isWhole = ({ prelude }: Block) => prelude.trim() !== "fragment";
  return { blocks: blocks.filter(isWhole), fragments: blocks.length - blocks.filter(isWhole).length };
}

/**
 * What the compiler says about blocks, each as a file of its own with this repository's settings and packages, as a bundler would
 * find them. The blocks of a page are in one folder. `../` leads to the repository if it names one of our folders.
 */
export async function complaints(blocks: readonly Block[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-markdown-"));
  try {
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const files = new Map(blocks.map((block, i) => [fileOf(block, i), block]));
    if (files.size < blocks.length) throw new Error("two blocks of a page have the same path");
    for (const [file, { code, prelude }] of files) {
      const packages = prelude.match(PACKAGE)?.join("\n");
      await mkdir(dirname(join(folder, file)), { recursive: true });
      if (packages) await writeFile(join(folder, file.replace(/\.\w+$/, "-packages.d.ts")), packages);
      const text = `${prelude.replace(PACKAGE, "")} ${code}`;
      await writeFile(join(folder, file), text.replaceAll(/"(?:\.\.\/)+(?=(?:lib|tasks|client)\/)/g, `"${ROOT}/`));
    }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(SETTINGS));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    const lines = stdout.split("\n").filter((line) => line !== "");
    return lines.map((line) =>
      line.replace(/^(.+?)\((\d+),\d+\)/, (whole, file, at) => (files.has(file) ? said(files.get(file)!, +at) : whole)),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A package that is not installed here, in the comment before a block. */
const PACKAGE = /declare module "[^"]+";/g;

const SETTINGS = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: {
    module: "preserve",
    moduleResolution: "bundler",
    allowJs: true,
    checkJs: true,
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: {
      ...Object.fromEntries(
        Object.entries(DOORS).map(([door, file]) => [door.replace(".", "wakeq"), [join(ROOT, file)]]),
      ),
      "redis-rest-local": [join(ROOT, "packages/redis-rest-local/src/index.ts")],
    },
  },
  include: ["**/*", join(ROOT, "lib/**/*.d.ts"), join(ROOT, "web/*.d.ts")],
  exclude: ["node_modules"],
};

/** Gives a block its place below the folder of its page. */
function fileOf({ place, language, path }: Block, index: number): string {
  return join(place.replace(/:.*/, "").replaceAll(/\W/g, "_"), path ?? `block${index}.${language}`);
}

function said({ place, prelude }: Block, line: number): string {
  const [file, first] = place.split(":");
  return `${file}:${Number(first) + line - prelude.split("\n").length}`;
}
