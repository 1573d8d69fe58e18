import type { CallOptions } from "./options.ts";

/** The options of `history`. */
export interface HistoryOptions extends CallOptions {
  /** The last 60 minutes, 24 hours or 30 days. Default `hour`. */
  range?: "hour" | "day" | "month" | undefined;
}

/** In ms: half took at most `p50`, and 95 % at most `p95`. Estimated, at most double or half of the true value. */
export interface Durations {
  p50: number;
  p95: number;
}

/** How many jobs ended how. `retried` counts attempts that failed and are tried again. */
export interface Ends {
  completed: number;
  failed: number;
  retried: number;
  cancelled: number;
}

/** How long attempts waited once they were ready, and how long they ran. Null where none ended. */
export interface Times {
  waitMs: Durations | null;
  runMs: Durations | null;
}

/** What happened in the last hour, day or month. */
export interface JobHistory extends Times {
  range: "hour" | "day" | "month";
  /** 60, 3,600 or 86,400. */
  bucketSeconds: number;
  from: Date;
  to: Date;
  /** One for each minute, hour or day (UTC), the oldest first. The last one is not over. A minute has the times of its ten minutes. */
  buckets: ({ at: Date } & Ends & Times)[];
  totals: Ends;
  /** `HISTORY` is off: what happens is not counted. */
  off?: true;
}
