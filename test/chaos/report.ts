import type { ChaosReport } from "./chaos.ts";

/** Prints what a run did and found, as a table for a terminal. */
export function formatReport({ options, figures, runs, did, struck, events, broken, seconds }: ChaosReport): string {
  const { seed, jobs, workers, concurrency, leaseMs } = options;
  const rows: [string, string | number][] = [
    ["seed", seed],
    ["took", `${seconds.toFixed(1)} s`],
    ["workers", `${workers}, ${concurrency} jobs each at once, leases of ${leaseMs / 1_000} s`],
    ["jobs submitted", jobs],
    ["  acknowledged", figures.acknowledged],
    ["  never acknowledged, and absent", figures.unacknowledged],
    ["jobs that tasks submitted", figures.children],
    ["slots fired", figures.slots],
    ...Object.entries(did).map(([what, n]): [string, number] => [`  schedules ${what}`, n]),
    ["jobs with a unique key", figures.unique],
    ["  not accepted, for another holds it", figures.conflicts],
    ["pauses", figures.pauses],
    ["jobs deleted", figures.deleted],
    ["  put back", figures.redriven],
    ["jobs at the end", figures.completed + figures.failed + figures.cancelled],
    ["  completed", figures.completed],
    ["  failed, as planned", figures.failed],
    ["  expired", figures.expired],
    ["  cancelled", figures.cancelled],
    ["faults", ""],
    ...Object.entries(struck)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, n]): [string, number] => [`  ${NAMES[name] ?? name}`, n]),
    ["runs", runs.began],
    ["  of a job that had run before", runs.repeated],
    ["given back by a worker that did not know the task", runs.deferred],
    ["attempts that failed, as planned", runs.planned],
    ["attempts whose lease ran out", runs.expired],
    ["  without a fault that explains it", runs.unexplained],
    ["outcomes that came too late", events.lost ?? 0],
    ["promises broken", broken.length],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd());
  return [...table, ...broken.slice(0, 20).map((each) => `  ${each}`)].join("\n");
}

const NAMES: Record<string, string> = {
  kill: "workers killed",
  freeze: "workers frozen",
  gateway: "gateway restarted",
  redis: "Redis killed and restarted",
};
