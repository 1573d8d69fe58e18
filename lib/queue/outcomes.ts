import type { Job } from "./job.ts";
import { parseJob } from "./record.ts";

/** A job, and the JSON texts that are stored beside its record. Absent if there are none. */
export interface JobDetails {
  job: Job;
  payload?: string;
  result?: string;
  /** The newest error, with its causes and its stack. */
  error?: string;
  /** The first error. */
  firstError?: string;
  /** The last log lines. */
  log?: string;
}

/** The outcome of a wish to run a job now. */
export type RunNowOutcome =
  | { outcome: "ready" | "held" | "refused"; job: Job | undefined; wake: boolean }
  /** Another job, `holder`, has its unique key. */
  | { outcome: "unique_conflict"; holder: string }
  | { outcome: "missing" };

/** What became of a job that is to be deleted. `other`: it has another status than it must have. */
export type DeleteOutcome = "deleted" | "missing" | "running" | "other";

/** The outcome of a redrive. */
export type RedriveOutcome =
  | { outcome: "redriven" | "refused"; job: Job | undefined; wake: boolean }
  /** Another job, `holder`, has its unique key. */
  | { outcome: "unique_conflict"; holder: string }
  | { outcome: "missing" };

/** Reads what the script redrive answered, for each call. */
export function redriven(replies: readonly [string, string?, boolean?][]): RedriveOutcome[] {
  return replies.map(([outcome, said = "", wake = false]) => {
    if (outcome === "missing") return { outcome };
    if (outcome === "unique_conflict") return { outcome, holder: said };
    return { outcome: outcome as "redriven" | "refused", job: parseJob(said), wake };
  });
}
