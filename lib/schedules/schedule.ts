import type { Priority } from "../queue/job.ts";

/** When the slots of a schedule are: a cron expression in a time zone, or the multiples of a length of time since the epoch. */
export type SlotRule = { cron: string; timeZone: string } | { everyMs: number };

/** What becomes of slots that were missed, because no worker ran: the last one is fired, none, or the last few. */
export type CatchUp = "last" | "skip" | { all: number };

/**
 * What becomes of a slot while the job of an earlier one has not finished: it makes no job, or one more. A
 * missed slot that `{ all: n }` makes up for makes one in any case. */
export type Overlap = "skip" | "allow";

/** A schedule as it is declared: in `defineQueue`, or at run time. `check.ts` says what fits. */
export interface DeclaredSchedule {
  /** Up to 100 letters, digits, dots, dashes, colons and underscores; a letter or a digit first. */
  name: string;
  /** The task, or its name. */
  task: string | { readonly name: string };
  /** What each job gets: JSON, up to 16 KiB. Absent: `{}`. */
  payload?: unknown;
  /** Five fields (minute, hour, day, month, weekday), six with seconds first, or `@daily` and the like. Give this or `every`. */
  cron?: string | undefined;
  /** Seconds, or a text such as `15 minutes`: at least one second. Slots are its multiples since 1970-01-01T00:00Z. */
  every?: number | string | undefined;
  /** An IANA zone, such as `Europe/Berlin`, for `cron`. Default `UTC`. */
  timeZone?: string | undefined;
  /** Default `last`. */
  catchUp?: CatchUp | undefined;
  /** Default `skip`. */
  overlap?: Overlap | undefined;
  /** Each job runs up to this many seconds after its slot. 0 to 3,600, and less than the time between slots. Default 0. */
  jitterSeconds?: number | undefined;
  /** Default `normal`. */
  priority?: Priority | undefined;
  /** Whether it waits until it is resumed. Default false. */
  paused?: boolean | undefined;
}

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
  rule: SlotRule;
  catchUp: CatchUp;
  overlap: Overlap;
  /** A job runs up to this much after its slot, the same for each run of the same slot. */
  jitterMs: number;
  priority: Priority;
  maxRetries: number;
  /** How long a job may wait for its first attempt, from when it may run. Absent: any time. */
  expiresMs?: number;
  sensitive: boolean;
  /** Whether it was declared paused. */
  paused: boolean;
}
