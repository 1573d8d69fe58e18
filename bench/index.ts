import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { coldStart } from "./cold-start.ts";
import { dev } from "./dev.ts";
import { embedded } from "./embedded.ts";
import { growth } from "./growth.ts";
import { importing } from "./import.ts";
import { init } from "./init.ts";
import { latency } from "./latency.ts";
import { lives } from "./lives.ts";
import { load } from "./load.ts";
import { memory } from "./memory.ts";
import type { BenchOptions } from "./rounds.ts";
import { slots } from "./slots.ts";
import { submit } from "./submit.ts";
import { type BenchTarget, targetTable } from "./target.ts";
import { throughput } from "./throughput.ts";

/** The benches by name. Each prints its figures, and returns what it measured against which target. */
const benches: Record<string, (options: BenchOptions) => Promise<BenchTarget[] | undefined>> = {
  throughput,
  slots,
  submit,
  latency,
  memory,
  growth,
  embedded,
  "cold-start": coldStart,
  import: importing,
  init,
  load,
  lives,
  dev,
};

/** The options of `npm run bench [-- NAME …] [--rounds 3] [--seconds 2]`, which compares wakeq with peers on this machine. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "3" }, seconds: { type: "string", default: "2" } },
});
const options: BenchOptions = { rounds: numberOf("rounds"), seconds: numberOf("seconds") };
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) throw new Error(`no bench is named ${unknown}: choose from ${Object.keys(benches).join(", ")}`);

const [load1] = loadavg() as [number, number, number];
if (load1 > availableParallelism() / 2)
  console.log(`This machine is busy (load ${load1.toFixed(1)}): trust CPU times and bytes, not jobs a second.`);

const targets: BenchTarget[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\n${name}`);
  targets.push(...((await bench(options)) ?? []));
}
if (targets.length > 0) console.log(`\n${targetTable(targets)}`);

function numberOf(option: "rounds" | "seconds"): number {
  const value = Number(values[option]);
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new Error(`--${option}: expected a whole number from 1 to 100, got "${values[option]}"`);
}
