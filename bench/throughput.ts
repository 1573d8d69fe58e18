import { compare, comparison, type SharedCase } from "./comparison.ts";
import type { BenchOptions } from "./rounds.ts";
import type { BenchTarget } from "./target.ts";

/** The rows, all without distance: `slots` measures what a round trip costs. */
const ROWS: SharedCase[] = [
  row(62, 1, 1),
  row(62, 10, 1),
  row(62, 100, 1),
  row(62, 1, 4),
  row(62, 10, 4),
  row(62, 100, 4),
  row(0, 100, 1),
  row(0, 100, 4),
];
const [ONE_LANE, FOUR_LANES] = [ROWS[2]!.name, ROWS[5]!.name];

/** Measures how many jobs that do nothing a process runs in a second, and what one costs Redis. */
export async function throughput(options: BenchOptions): Promise<BenchTarget[]> {
  const median = await compare(ROWS, options);
  const oneDigit = (value: number) => value.toFixed(1);
  console.log(comparison("no-op jobs a second", ROWS, median, "jobsPerSecond"));
  console.log(`\n${comparison("Redis' CPU µs a job, with submit", ROWS, median, "redisMicros", oneDigit)}`);
  console.log(`\n${comparison("the process' CPU µs a job", ROWS, median, "cpuMicros", oneDigit)}`);
  const ratio = (figure: string, name: string) => median(name, figure, "wakeq") / median(ONE_LANE, figure, "bullmq");
  return [
    target("no-op jobs, 100 at once, one lane, of BullMQ", ratio("jobsPerSecond", ONE_LANE), 2.5, "least"),
    target("… four lanes, of BullMQ's one", ratio("jobsPerSecond", FOUR_LANES), 3.5, "least"),
    target("Redis' CPU a job, 100 at once, of BullMQ", ratio("redisMicros", ONE_LANE), 0.28, "most"),
  ];
}

function row(payloadBytes: number, atOnce: number, workers: number): SharedCase {
  const name = `${payloadBytes === 0 ? "bare, " : ""}${atOnce} at once, ${workers === 1 ? "one lane" : "four lanes"}`;
  return { name, measure: { measure: "work", payloadBytes, workers, atOnce, taskMs: 0 } };
}

function target(what: string, measured: number, bound: number, is: BenchTarget["is"]): BenchTarget {
  return { what, measured, bound, is, unit: "×" };
}
