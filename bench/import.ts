import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPackage } from "../bin/package/build.ts";
import { builtFrom, DOORS } from "../bin/package/doors.ts";
import { load } from "./cold-start.ts";
import type { BenchOptions } from "./rounds.ts";
import { median, shuffled, table } from "./table.ts";

const STARTS = 20;

/** Measures how much longer a new process takes to import each door of the built package than an empty module. */
export async function importing({ rounds }: BenchOptions): Promise<undefined> {
  const folder = mkdtempSync(join(tmpdir(), "wakeq-import-"));
  try {
    await buildPackage(join(folder, "dist"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "empty.js"), "");
    const doors = Object.entries(DOORS).map(([door, source]) => ({
      name: `wakeq${door.slice(1)}`,
      file: join(folder, "dist", `${builtFrom(source)}.js`),
    }));
    const files = [{ name: "an empty module", file: join(folder, "empty.js") }, ...doors];
    const times = new Map<string, number[]>(files.map(({ name }) => [name, []]));
    for (let i = 0; i < rounds * STARTS; i++)
      for (const { name, file } of shuffled(files)) times.get(name)!.push(load(file));
    const base = median(times.get("an empty module")!);
    const rows = files.map(({ name }) => {
      const ms = median(times.get(name)!);
      return [name, ms.toFixed(1), (ms - base).toFixed(1), (ms / base).toFixed(1)];
    });
    console.log(table(["import", "ms", "over empty", "× empty"], rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
