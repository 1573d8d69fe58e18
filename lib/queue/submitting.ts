import { type Job, type NewJob, wholeMs } from "./job.ts";
import { isInline, parseJob, recordOf } from "./record.ts";
import { type UniqueKey, uniqueOf } from "./unique-key.ts";

/** The jobs that were not accepted, because others hold their unique keys: the index of each to the id of its holder. */
export type Conflicts = ReadonlyMap<number, string>;

/** The outcome of a submit. */
export type SubmitOutcome =
  /** All were accepted, but for those in `conflicts`. Absent: there are none. */
  | { outcome: "accepted"; wake: boolean; conflicts?: Conflicts }
  /** Nothing was written: too many jobs are waiting already. */
  | { outcome: "full"; wake: false }
  /**
   * At least one id is taken: an earlier run of this submit has accepted these jobs, so nothing was written but jobs whose unique
   * keys were held then and are free now. `jobs` are the records of the given ids, in order.
   */
  | { outcome: "exists"; wake: boolean; jobs: (Job | undefined)[]; conflicts?: Conflicts };

/** Writes jobs as scripts/parts/new_jobs.lua reads them. */
export function submitting(jobs: readonly NewJob[]): string[] {
  return jobs.flatMap((job) => [job.id, recordOf(job), placeOf(job), ownPayloadOf(job)]);
}

/** Reads what submit.lua answers. */
export function submittedOf(
  outcome: "accepted" | "full" | "exists" | "conflicts",
  wake: boolean,
  words: readonly string[],
): SubmitOutcome {
  if (outcome === "full") return { outcome, wake: false };
  const conflicts = conflictsIn(words);
  if (outcome === "exists") return { outcome, wake, jobs: words.map(parseJob), ...conflicts };
  return { outcome: "accepted", wake, ...conflicts };
}

/** Returns the payload if it is stored under a key of its own, otherwise "". */
function ownPayloadOf({ payload }: NewJob): string {
  return payload === undefined || isInline(payload) ? "" : payload;
}

/** Says where a job goes and when, and how it holds its unique key. */
function placeOf({ priority, when, expires, unique }: NewJob): string {
  if (!when && !expires && !unique) return priority;
  const runs = !when ? "-" : "delayMs" in when ? `+${wholeMs(when.delayMs)}` : when.at;
  const expiry = !expires ? "-" : `${expires.from === "run" ? "+" : ""}${wholeMs(expires.afterMs)}`;
  return `${priority} ${runs} ${expiry}${unique ? ` ${keyWordOf(unique)}` : ""}`;
}

function keyWordOf(unique: UniqueKey): string {
  const { until } = unique;
  return uniqueOf(unique) + (typeof until === "number" ? `:${Math.max(1, wholeMs(until))}` : "");
}

/** Finds the ids of holders among what is said of each job: a record is an object, and nothing is said of the others. */
function conflictsIn(words: readonly string[]): { conflicts?: Conflicts } {
  const holders = words.flatMap((word, i) => (word === "" || word.startsWith("{") ? [] : [[i, word] as const]));
  return holders.length > 0 ? { conflicts: new Map(holders) } : {};
}
