import { expect, onTestFinished, test } from "vitest";
import { randomOf } from "../support/random.ts";
import { temporaryService } from "../support/service-copy.ts";
import { keep } from "./keeping.ts";
import { hasTerminals, SEED } from "./rounds.ts";
import { stackStarter } from "./start-stack.ts";

test.runIf(hasTerminals)(
  "closing the terminal ends npm start in order, and no accepted job is missing",
  async () => {
    const { folder, remove } = await temporaryService();
    onTestFinished(remove);
    const [life] = await keep(stackStarter(folder), "embedded", ["close its terminal"], randomOf(SEED));
    expect(life).toMatchObject({ missing: [], inOrder: true });
  },
  180_000,
);
