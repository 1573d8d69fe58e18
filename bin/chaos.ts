import { parseArgs } from "node:util";
import { runChaos } from "../test/chaos/chaos.ts";
import { churn, type Sample } from "../test/chaos/churn.ts";
import { formatReport } from "../test/chaos/report.ts";

/**
 * `npm run chaos [-- --jobs 5000 --kills 20 --restarts 5 --freezes 5 --seed 1]`: everything breaks, and no job may be lost.
 * `npm run chaos -- --churn 1000000`: this many jobs come and go, and the memory in use must not grow.
 */
const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "5000" },
    kills: { type: "string", default: "20" },
    restarts: { type: "string", default: "5" },
    freezes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    workers: { type: "string", default: "4" },
    limit: { type: "string", default: "600" },
    churn: { type: "string" },
  },
});

async function main(): Promise<boolean> {
  if (values.churn !== undefined) {
    const show = ({ jobs, keys, bytes }: Sample) => console.log(`${jobs} jobs, ${keys} keys, ${bytes} bytes`);
    const samples = await churn(Number(values.churn), show);
    show(samples.at(-1)!);
    return true;
  }
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
  }
  const { limit, churn: _, ...counts } = values;
  const { jobs, kills, restarts, freezes, seed, workers } = Object.fromEntries(
    Object.entries(counts).map(([name, text]) => [name, Number(text)]),
  ) as Record<keyof typeof counts, number>;
  console.log(`seed ${seed}`);
  const report = await runChaos(
    {
      jobs,
      kills,
      restarts,
      freezes,
      seed,
      workers,
      concurrency: 10,
      leaseMs: 2_000,
      limitMs: Number(limit) * 1_000,
      say: console.log,
    },
    interrupted.signal,
  );
  console.log(`\n${formatReport(report)}`);
  return report.broken.length === 0;
}

main().then(
  (kept) => process.exit(kept ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
