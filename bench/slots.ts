import { compare, comparison, type SharedCase, whole } from "./comparison.ts";
import type { BenchCase, BenchOptions } from "./rounds.ts";
import type { BenchTarget } from "./target.ts";

const [AT_ONCE, TASK_MS, FAR_MS] = [100, 20, 5];
const ROWS = [row(62, 0), row(62, FAR_MS), row(0, 0), row(0, FAR_MS)];
const NO_OP: SharedCase[] = [
  {
    name: `no-op, ${FAR_MS} ms`,
    roundTripMs: FAR_MS,
    measure: { measure: "work", payloadBytes: 62, workers: 1, atOnce: AT_ONCE, taskMs: 0 },
  },
];
const OTHERS: BenchCase[] = [
  { name: "ideal", measure: { measure: "timer", atOnce: AT_ONCE, taskMs: TASK_MS } },
  { name: "trip", roundTripMs: FAR_MS, measure: { measure: "trip" } },
];

/** Measures how busy 100 slots are with tasks of 20 ms, near Redis and a few ms away. */
export async function slots(options: BenchOptions): Promise<BenchTarget[]> {
  const median = await compare([...ROWS, ...NO_OP], options, OTHERS);
  const ideal = median("ideal", "jobsPerSecond");
  const busy = (jobsPerSecond: number) => (100 * jobsPerSecond) / ideal;
  const show = (value: number) => `${whole(value)} (${busy(value).toFixed(0)} %)`;
  console.log(comparison("20 ms tasks a second, 100 at once", ROWS, median, "jobsPerSecond", show));
  console.log(`\n${comparison("jobs a second, 100 at once", NO_OP, median, "jobsPerSecond")}`);
  console.log(
    `\nThe timer's ideal: ${whole(ideal)} a second. A round trip of ${FAR_MS} ms took ${median("trip", "ms").toFixed(1)}.`,
  );
  return ROWS.slice(0, 2).map(({ name, roundTripMs }) => ({
    what: `slots kept busy, 20 ms tasks, 100 at once, ${roundTripMs} ms away`,
    measured: busy(median(name, "jobsPerSecond", "wakeq")),
    bound: 95,
    is: "least",
    unit: "%",
  }));
}

function row(payloadBytes: number, roundTripMs: number): SharedCase {
  return {
    name: `${payloadBytes === 0 ? "bare, " : ""}round trip ${roundTripMs} ms`,
    roundTripMs,
    measure: { measure: "work", payloadBytes, workers: 1, atOnce: AT_ONCE, taskMs: TASK_MS },
  };
}
