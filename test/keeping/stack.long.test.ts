import { onTestFinished, test } from "vitest";
import { randomOf } from "../support/random.ts";
import { temporaryService } from "../support/service-copy.ts";
import { keep } from "./keeping.ts";
import { check, hasTerminals, SEED, stores, strikesFor } from "./rounds.ts";
import { stackStarter } from "./start-stack.ts";

test.runIf(hasTerminals).each(stores)(
  "whatever happens to npm start with %s, no accepted job is missing",
  async (store) => {
    const { folder, remove } = await temporaryService();
    onTestFinished(remove);
    const random = randomOf(SEED);
    check(await keep(stackStarter(folder), store, strikesFor(1, random), random), store);
  },
  1_200_000,
);
