import { expect, test } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod/mini";
import { defineTask } from "../../lib/tasks.ts";
import { AT_ONCE } from "../support/worker.ts";

test("jobs that submit jobs of their own kind all run, each at its time", async () => {
  const grow = defineTask({
    name: "grow",
    input: z.object({ depth: z.int() }),
    backoff: AT_ONCE,
    async run({ input: { depth }, submit }): Promise<void> {
      if (depth === 0) return;
      await Promise.all([1, 2].map(() => submit(grow, { depth: depth - 1 }, { delaySeconds: 60 })));
    },
  });
  const kit = await createTestKit([grow], { concurrency: 2 });
  await kit.submit(grow, { depth: 5 });
  await kit.advance("4m");
  expect(await kit.queue.stats()).toMatchObject({ completed: 31, scheduled: 32 });
  await kit.advance("1m");
  expect(await kit.queue.stats()).toMatchObject({ completed: 63, scheduled: 0 });
  await kit.close();
});
