import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Artifact, packageFunctions } from "../test/aws/artifacts.ts";
import { install, nodes } from "../test/aws/install.ts";
import { startFunction } from "../test/aws/runtime-api.ts";
import type { BenchOptions } from "./rounds.ts";
import { median, shuffled, table } from "./table.ts";

const STARTS = 5;

/**
 * Measures how long each packaged function takes, compared with a handler that does nothing, from the start of its process
 * until it asks for its first event, under AWS' own runtime client. A round starts each five times, in random order.
 */
export async function init({ rounds }: BenchOptions): Promise<undefined> {
  install();
  const folder = await mkdtemp(join(tmpdir(), "wakeq-init-"));
  try {
    const functions = await packageFunctions(folder, "dev");
    const empty = await emptyFunction(join(folder, "empty"), functions[0]!);
    for (const { name, path } of nodes()) {
      const times = await measure([empty, ...functions], path, rounds * STARTS);
      const base = median(times.get(empty)!);
      const rows = [...times].map(([{ name, zipBytes }, ms]) => [
        ...[name, (zipBytes / 1_000).toFixed(0)],
        ...[median(ms).toFixed(1), (median(ms) - base).toFixed(1)],
      ]);
      console.log(`${table([name, "zip kB", "init ms", "over empty"], rows)}\n`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(functions: Artifact[], node: string, starts: number): Promise<Map<Artifact, number[]>> {
  const times = new Map<Artifact, number[]>(functions.map((each) => [each, []]));
  for (let i = 0; i < starts; i++) {
    for (const artifact of shuffled(functions)) {
      const started = await startFunction(artifact, node);
      times.get(artifact)!.push(started.initMs);
      await started.stop();
    }
  }
  return times;
}

/** Makes a function that does nothing, and is like the others in everything else. */
async function emptyFunction(folder: string, like: Artifact): Promise<Artifact> {
  await mkdir(folder);
  await writeFile(join(folder, "empty.mjs"), "export const handler = async () => ({ statusCode: 200 });\n");
  return { ...like, name: "empty", folder, handler: "empty.handler", zipBytes: 0, routes: [] };
}
