import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { START, useRedis } from "../support/redis.ts";
import { firingOf } from "../support/schedules.ts";
import { idOf, sequence } from "./model/commands.ts";
import { counts } from "./model/counts.ts";
import { Trial } from "./model/trial.ts";

/** How many sequences to run. Without it: at most 150, and only as many as 15 seconds allow. */
const RUNS = process.env.MODEL_RUNS === undefined ? undefined : Number(process.env.MODEL_RUNS);
const BOUNDS = RUNS === undefined ? { numRuns: 150, interruptAfterTimeLimit: 15_000 } : { numRuns: RUNS };
/** The same seed gives the same sequences. */
const SEED = Number(process.env.MODEL_SEED ?? 1_746);

const redis = useRedis();

test("all sequences of verbs leave the store as a plain model of the queue says", {
  timeout: 3_600_000,
}, async () => {
  const runs = fc.asyncProperty(sequence, async (commands) => {
    counts.sequences++;
    const trial = new Trial(redis);
    try {
      for (const each of commands) await trial.run(each);
    } finally {
      await trial.clear();
    }
  });
  await fc.assert(runs, { ...BOUNDS, seed: SEED });
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
});

// Makes the scripts known: what follows an unknown one in a round trip runs twice, and answers otherwise the second time.
beforeAll(async () => {
  const { queue } = redis.queue();
  const of = { id: idOf(0), token: "w.1" };
  for (let i = 0; i < 2; i++)
    await queue.step({
      settle: [{ ...of, outcome: "released" }],
      extend: [of],
      fire: [firingOf(START)],
      claim: { token: "w.1", count: 0, arrived: true },
    });
});
