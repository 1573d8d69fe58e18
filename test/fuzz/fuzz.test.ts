import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import { useWays } from "./ways.ts";

const COUNT = 200;
const SEED = 1;
/** A machine that runs all tests at once may be slow; the long case is stricter. */
const LIMIT_MS = 20_000;

test.each(Object.entries(useWays()))(
  `${COUNT} odd requests through %s get no 5xx, and refused ones write nothing`,
  async (_, start) => {
    const way = await start();
    const { refused, accepted } = await fuzz(way, COUNT, SEED, LIMIT_MS).finally(() => way.stop());
    expect(refused).toBeGreaterThan(COUNT / 4);
    expect(accepted).toBeGreaterThan(COUNT / 50);
  },
  120_000,
);
