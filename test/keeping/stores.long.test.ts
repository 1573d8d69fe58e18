import { expect, test } from "vitest";
import { randomOf } from "../support/random.ts";
import { keep } from "./keeping.ts";
import { check, SEED, stores, strikesFor } from "./rounds.ts";
import { startKeeper } from "./start-keeper.ts";

test.each(stores)(
  "whatever happens to the gateway with %s, a hundred times, no accepted job is missing",
  async (store) => {
    const random = randomOf(SEED);
    const lives = await keep(startKeeper, store, strikesFor(17, random), random);
    check(lives, store);
    expect(lives.length).toBeGreaterThanOrEqual(50); // half as many if no disk can be filled
  },
  1_800_000,
);
