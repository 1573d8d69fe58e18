import { compare, comparison, type SharedCase } from "./comparison.ts";
import type { BenchOptions } from "./rounds.ts";
import type { BenchTarget } from "./target.ts";

const BARE = row("bare", 0);
const PAYLOAD = row("62 bytes of payload", 62);
/** The rows. The peers keep a job as a hash, which Redis packs tightly while no field is longer than 64 bytes. */
const ROWS = [BARE, PAYLOAD, row("80 bytes of payload", 80), row("1,000 bytes of payload", 1_000)];

/** Measures how much of Redis' memory a waiting job takes. The figure is nearly the same each time, so one round is enough. */
export async function memory({ seconds }: BenchOptions): Promise<BenchTarget[]> {
  const median = await compare(ROWS, { rounds: 1, seconds });
  console.log(comparison("bytes a waiting job", ROWS, median, "bytesPerJob"));
  return [target(BARE, 345), target(PAYLOAD, 430)];

  function target({ name }: SharedCase, bound: number): BenchTarget {
    const measured = median(name, "bytesPerJob", "wakeq");
    return { what: `bytes of a waiting job, ${name}`, measured, bound, is: "most", unit: "bytes" };
  }
}

function row(name: string, payloadBytes: number): SharedCase {
  return { name, measure: { measure: "memory", payloadBytes } };
}
