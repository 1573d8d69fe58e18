import { compare, comparison, type SharedCase } from "./comparison.ts";
import type { BenchOptions } from "./rounds.ts";
import type { BenchTarget } from "./target.ts";

const ROWS: SharedCase[] = [0, 5].map((roundTripMs) => ({
  name: `round trip ${roundTripMs} ms`,
  roundTripMs,
  measure: { measure: "latency", payloadBytes: 62 },
}));

/** Measures the time from submit to completed, on an idle queue with a worker that waits, in long-running processes. */
export async function latency(options: BenchOptions): Promise<BenchTarget[]> {
  const median = await compare(ROWS, options);
  const show = (ms: number) => ms.toFixed(2);
  console.log(comparison("submit to completed, ms, p50", ROWS, median, "p50", show));
  console.log(`\n${comparison("p99", ROWS, median, "p99", show)}`);
  const of = (peer: "wakeq" | "bullmq") => median(ROWS[0]!.name, "p50", peer);
  return [
    {
      what: "submit to completed on an idle queue, p50, of BullMQ",
      measured: of("wakeq") / of("bullmq"),
      bound: 2,
      is: "most",
      unit: "×",
    },
  ];
}
