import { expect, test } from "vitest";
import { countPrimes } from "../../tasks/countPrimes.ts";
import { run } from "./run.ts";

const count = (up_to: number) => run(countPrimes, { up_to, rest_ms: 0 });

// https://oeis.org/A006880, and small cases by hand
test.each([
  ...[2, 3, 4, 5, 6, 7, 8, 9, 10, 25, 26, 100].map((n, i): [number, number] => [
    n,
    [1, 2, 2, 3, 3, 4, 4, 4, 4, 9, 9, 25][i]!,
  ]),
  ...([
    [999_983, 78_498],
    [1_000_000, 78_498],
    [1_000_001, 78_498],
    [1_000_003, 78_499],
    [10_000_000, 664_579],
  ] as [number, number][]),
])("up to %i there are %i primes", async (upTo, primes) => {
  expect(await count(upTo)).toEqual({ primes });
});

test("reports its progress after each million", async () => {
  const told: [number, string | undefined][] = [];
  await run(
    countPrimes,
    { up_to: 4_000_000, rest_ms: 0 },
    { progress: (percent, note) => void told.push([percent, note]) },
  );
  expect(told.map(([percent]) => Math.round(percent))).toEqual([25, 50, 75, 100]);
  expect(told.at(-1)?.[1]).toBe("283146 primes up to 4000000");
});

test("stops between two segments when its signal aborts", async () => {
  const abort = new AbortController();
  let segments = 0;
  const counted = run(
    countPrimes,
    { up_to: 1_000_000_000 },
    {
      signal: abort.signal,
      progress: () => {
        segments++;
        abort.abort(new Error("cancelled"));
      },
    },
  );
  await expect(counted).rejects.toMatchObject({ name: "AbortError" });
  expect(segments).toBe(1);
});
