import { compare, comparison, type SharedCase } from "./comparison.ts";
import type { BenchOptions } from "./rounds.ts";
import type { BenchTarget } from "./target.ts";

const BULK = row("in bulk of 500", 1, 500);
const ROWS: SharedCase[] = [
  row("one at a time", 1, 1),
  row("64 at once", 64, 1),
  BULK,
  row("bare, in bulk of 500", 1, 500, 0),
  { ...row("64 at once, 5 ms away", 64, 1), roundTripMs: 5 },
  { ...row("in bulk of 500, 5 ms away", 1, 500), roundTripMs: 5 },
];

/** Measures how many jobs one process submits in a second. */
export async function submit(options: BenchOptions): Promise<BenchTarget[]> {
  const median = await compare(ROWS, options);
  console.log(comparison("submits a second", ROWS, median, "jobsPerSecond"));
  console.log(`\n${comparison("the process' CPU µs a submit", ROWS, median, "cpuMicros", (us) => us.toFixed(1))}`);
  const of = (peer: "wakeq" | "bee-queue") => median(BULK.name, "jobsPerSecond", peer);
  return [
    {
      what: "submits in bulk of 500, of bee-queue",
      measured: of("wakeq") / of("bee-queue"),
      bound: 1,
      is: "least",
      unit: "×",
    },
  ];
}

function row(name: string, calls: number, jobs: number, payloadBytes = 62): SharedCase {
  return { name, measure: { measure: "submit", payloadBytes, calls, jobs } };
}
