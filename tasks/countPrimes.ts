import * as z from "zod/mini";
import { defineTask } from "../lib/tasks.ts";
import { isOffered } from "./settings.ts";

const SEGMENT = 1_000_000;

/**
 * Counts the primes up to a number, segment by segment: a long job that reports its progress and can be cancelled.
 *
 * Result  { primes }
 * Twice?  Harmless: it changes nothing
 */
export const countPrimes = defineTask({
  name: "count_primes",
  description: "Count primes: long, with progress, can be cancelled",
  internal: !isOffered("count_primes"),
  input: z.strictObject({
    up_to: z._default(
      z.int().check(z.gte(2), z.lte(1_000_000_000), z.describe("The last number to look at")),
      50_000_000,
    ),
    rest_ms: z._default(
      z
        .int()
        .check(z.gte(0), z.lte(1_000), z.describe("Pause after every million, to leave the processor to other jobs")),
      200,
    ),
  }),
  timeoutMs: 100_000,
  async run({ input: { up_to, rest_ms }, signal, progress }) {
    const { setTimeout: pause } = await import("node:timers/promises");
    const small = primesIn(2, Math.floor(Math.sqrt(up_to)), []);
    let primes = 0;
    for (let from = 2; from <= up_to; from += SEGMENT) {
      const to = Math.min(from + SEGMENT - 1, up_to);
      primes += primesIn(from, to, small).length;
      progress((100 * to) / up_to, `${primes} primes up to ${to}`);
      await pause(rest_ms, undefined, { signal });
    }
    return { primes };
  },
});

/** Returns the primes from `from` to `to`. `small` holds those up to the square root of `to`, or nothing: then it finds them. */
function primesIn(from: number, to: number, small: readonly number[]): number[] {
  const composite = new Uint8Array(Math.max(0, to - from + 1));
  const strike = (prime: number) => {
    for (let n = Math.max(prime * prime, Math.ceil(from / prime) * prime); n <= to; n += prime) composite[n - from] = 1;
  };
  for (const prime of small) strike(prime);
  const found: number[] = [];
  for (let n = from; n <= to; n++) {
    if (composite[n - from]) continue;
    found.push(n);
    if (small.length === 0) strike(n);
  }
  return found;
}
