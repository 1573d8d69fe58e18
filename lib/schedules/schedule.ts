import type { Priority } from "../queue/job.ts";
import type { LastRun } from "../queue/schedule-store.ts";

/** When the slots of a schedule are: a cron expression in a time zone, or the multiples of a length of time since the epoch. */
export type Rule = { cron: string; timeZone: string } | { everyMs: number };

/** What becomes of slots that were missed, because no worker ran: the last one is fired, none, or the last few. */
export type CatchUp = "last" | "skip" | { all: number };

/** What becomes of a slot while the job of an earlier one has not finished: it makes no job, or one more. */
export type Overlap = "skip" | "allow";

/** A schedule as it is kept in Redis, checked and complete. */
export interface Schedule {
  name: string;
  /** Changes with everything else in it: a slot is fired only under the revision that it was planned with. */
  rev: string;
  /** Whether it is declared in code, or was made at run time. */
  source: "code" | "api";
  task: string;
  /** JSON text. Absent: none. */
  payload?: string;
  rule: Rule;
  catchUp: CatchUp;
  overlap: Overlap;
  /** A job runs up to this much after its slot, the same for each run of the same slot. */
  jitterMs: number;
  priority: Priority;
  maxRetries: number;
  sensitive: boolean;
  /** Whether it was declared paused. */
  paused: boolean;
}

/** A schedule in the store. */
export interface StoredSchedule {
  schedule: Schedule;
  /** The next slot, ms since the epoch. Undefined: none, it is paused without end, or its last slot is past. */
  next?: number;
  last?: LastRun;
  /** Undefined: it is not paused. `Infinity`: without end. */
  pausedUntil?: number;
}
