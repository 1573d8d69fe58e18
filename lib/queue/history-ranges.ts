/** How far a history goes back: by the minute, by the hour, by the day. */
export const HISTORY_RANGES = ["hour", "day", "month"] as const;
/** Names a time that ends now: 60 minutes, 24 hours, or 30 days of UTC. */
export type HistoryRange = (typeof HISTORY_RANGES)[number];

/**
 * Half of the attempts took at most `p50`, and 95 % at most `p95`, in ms. Estimated from a count for each power of two: at most
 * double or half of the true value.
 */
export interface Percentiles {
  p50: number;
  p95: number;
}

/** How many jobs ended how, and how long their attempts took. An attempt that was cut off counts, but takes no time. */
export interface HistoryCounts {
  completed: number;
  failed: number;
  retried: number;
  cancelled: number;
  /** How long attempts waited for their start, once they were ready. Null: none ended. For a minute, those of its ten minutes. */
  waitMs: Percentiles | null;
  /** How long they ran. */
  runMs: Percentiles | null;
}

/** The history of a queue. */
export interface QueueHistory extends HistoryCounts {
  range: HistoryRange;
  /** Redis' clock, ms since the epoch. */
  now: number;
  bucketMs: number;
  /** One for each minute, hour or day, the oldest first; `at` is where it begins. The last one is not over. */
  buckets: (HistoryCounts & { at: number })[];
  /** Whether this process counts what happens. If not, others may do so. */
  isKept: boolean;
}
