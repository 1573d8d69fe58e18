import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import { useWays } from "./ways.ts";

const COUNT = Number(process.env.FUZZ_COUNT ?? 20_000);
/** The seed: the same one sends the same requests. */
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9));
const LIMIT_MS = 2_000;
const MOST_GROWTH_BYTES = 64 * 1024 * 1024;

test.each(Object.entries(useWays()))(
  `${COUNT} odd requests through %s get no 5xx and no late answer, refused ones write nothing, and memory stays flat`,
  async (name, start) => {
    const way = await start();
    const report = await fuzz(way, COUNT, SEED, LIMIT_MS).finally(() => way.stop());
    console.log(`${name}, seed ${SEED}: ${JSON.stringify(report)}`);
    expect(report.refused).toBeGreaterThan(COUNT / 4);
    expect(report.accepted).toBeGreaterThan(COUNT / 50);
    expect(report.grownBytes).toBeLessThan(MOST_GROWTH_BYTES);
  },
  3_600_000,
);
