import fc from "fast-check";
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend.ts";
import { commands } from "../../src/embedded/command-table.ts";
import { bulkFamilies } from "./bulk-grammar.ts";
import { dump, nameOf, replay, type Step, settled } from "./compare.ts";
import { command, elsewhere, families, grammar, type Words } from "./grammar.ts";
import { evaluation } from "./lua-grammar.ts";
import { useRealRedis, useStores } from "./support.ts";

/** How many sequences to compare. 10,000 take a few minutes. */
const RUNS = Number(process.env.DIFFERENTIAL_RUNS ?? 400);
/** The seed: the same one gives the same sequences. */
const SEED = process.env.DIFFERENTIAL_SEED === undefined ? undefined : Number(process.env.DIFFERENTIAL_SEED);

const real = useRealRedis();
const open = useStores();

/** Sequences of commands of all types, of one type, and on large collections. */
const sequence: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 6, arbitrary: stepsOf(fc.oneof({ weight: 5, arbitrary: command }, { weight: 1, arbitrary: evaluation })) },
  { weight: 6, arbitrary: fc.nat({ max: families.length - 1 }).chain((at) => stepsOf(families[at]!)) },
  { weight: 1, arbitrary: fc.nat({ max: bulkFamilies.length - 1 }).chain((at) => stepsOf(bulkFamilies[at]!)) },
);

function stepsOf(single: fc.Arbitrary<Words>): fc.Arbitrary<Step[]> {
  const within = single.filter((words) => nameOf(words) !== "spop");
  const transaction = fc.array(within, { minLength: 1, maxLength: 4, size: "max" });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 20, arbitrary: single.map((words) => ({ command: words })) },
    { weight: 1, arbitrary: transaction.map((commands) => ({ transaction: commands })) },
  );
  return fc.array(step, { maxLength: 60, size: "max" });
}

test(`the embedded store and Redis answer ${RUNS} sequences of commands alike and hold the same data afterwards`, async () => {
  const embedded = await open();
  const sequences = fc.asyncProperty(sequence, async (steps) => {
    for (const backend of [real(), embedded]) {
      await backend.send(["FLUSHALL"]);
      await backend.send(["SCRIPT", "FLUSH"]);
    }
    const [expected, found] = [await run(real(), steps), await run(embedded, steps)];
    expect(found).toEqual(expected);
  });
  await fc.assert(sequences, { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: SEED }) });
}, 3_600_000);

async function run(backend: Backend, steps: readonly Step[]): Promise<string[]> {
  const replies = await replay(backend, steps.flatMap(settled));
  return [...replies, ...(await dump(backend, steps))];
}

test("every command of the embedded store is compared, here or elsewhere", () => {
  expect([...Object.keys(grammar), ...elsewhere].sort()).toEqual([...commands.names].sort());
});
