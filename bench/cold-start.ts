import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.ts";
import type { BenchOptions } from "./rounds.ts";
import { median, shuffled, table } from "./table.ts";

const HANDLERS = ["submitJob", "jobStatus", "worker"];
const STARTS = 20;

/** Measures how much longer a new process takes to load each function's bundle than that of a handler that does nothing. */
export async function coldStart({ rounds }: BenchOptions): Promise<undefined> {
  const folder = mkdtempSync(join(tmpdir(), "wakeq-cold-"));
  try {
    const bare = join(folder, "bare.ts");
    writeFileSync(bare, "export const handler = async () => ({ statusCode: 200 });");
    const entries = [["bare", bare], ...HANDLERS.map((name) => [name, `handlers/${name}.ts`])] as [string, string][];
    const files: { name: string; file: string; bytes: number }[] = [];
    for (const [name, entry] of entries) {
      const file = join(folder, `${name}.mjs`);
      files.push({ name, file, bytes: await bundle(entry, file) });
    }

    const times = new Map<string, number[]>(files.map(({ name }) => [name, []]));
    for (let i = 0; i < rounds * STARTS; i++)
      for (const { name, file } of shuffled(files)) times.get(name)!.push(load(file));
    const base = median(times.get("bare")!);
    const rows = files.map(({ name, bytes }) => {
      const ms = median(times.get(name)!);
      return [name, (bytes / 1000).toFixed(0), ms.toFixed(1), (ms - base).toFixed(1)];
    });
    console.log(table(["import", "bundle kB", "ms", "over bare"], rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Loads a file as Lambda's runtime client does, in a new process. Returns how long it took, in ms. */
export function load(file: string): number {
  const script = `const begin = performance.now(); import(${JSON.stringify(pathToFileURL(file).href)}).then(() => process.stdout.write(String(performance.now() - begin)));`;
  return Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8", env: {} }));
}
