import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { builtFrom, COMMONJS_DOORS, DOORS } from "./doors.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Declare the files that are bundled as text, and the framework that the application is made with. */
const ASSETS = ["lib/text-assets.d.ts", "web/assets.d.ts", "lib/adapters/next/next-server.d.ts"];
const SPECIFIER = /(\bfrom |\bimport\(|\bimport )"([^"]+)"/g;

/**
 * Writes the declarations of the doors, and of all that they need, into `folder`.
 *
 * @throws Error that names a declaration which needs a package: an application that installs this one may have no other
 */
export async function buildTypes(folder: string): Promise<void> {
  const emitted = await mkdtemp(join(tmpdir(), "wakeq-types-"));
  try {
    await emit(emitted);
    const written = new Set<string>();
    for (const source of Object.values(DOORS)) await write(`${builtFrom(source)}.d.ts`, emitted, folder, written);
  } finally {
    await rm(emitted, { recursive: true, force: true });
  }
  for (const door of COMMONJS_DOORS) {
    const built = join(folder, builtFrom(DOORS[door]!));
    await copyFile(`${built}.d.ts`, `${built}.d.cts`);
  }
}

/** Lets the compiler write the declarations of the doors, and of everything behind them, into a folder. */
async function emit(folder: string): Promise<void> {
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: ROOT,
      outDir: folder,
      typeRoots: [join(ROOT, "node_modules/@types")],
    },
    files: [...Object.values(DOORS), ...ASSETS].map((file) => join(ROOT, file)),
    include: [],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(`the types do not compile: run npm run check\n${stdout}`);
  });
}

/** Writes a declaration, then those that it imports. */
async function write(file: string, from: string, to: string, written: Set<string>): Promise<void> {
  if (written.has(file)) return;
  written.add(file);
  const text = await readFile(join(from, file), "utf8");
  const needed: string[] = [];
  const toBuilt = (_: string, before: string, name: string) => {
    if (name.startsWith(".")) needed.push(join(dirname(file), name.replace(/\.ts$/, ".d.ts")));
    else if (!name.startsWith("node:"))
      throw new Error(`${file} needs the types of ${name}: describe them by their shape`);
    return `${before}"${name.replace(/^(\..*)\.ts$/, "$1.js")}"`;
  };
  const isComment = (line: string) => /^\s*\/?\*/.test(line);
  const lines = text.split("\n").map((line) => (isComment(line) ? line : line.replace(SPECIFIER, toBuilt)));
  await mkdir(dirname(join(to, file)), { recursive: true });
  await writeFile(join(to, file), lines.join("\n"));
  for (const each of needed) await write(each, from, to, written);
}
