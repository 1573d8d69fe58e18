/** The settings of a queue. Durations are in ms. */
export interface QueueSettings {
  /** Put in front of every key as `{prefix}:`. Default none. */
  prefix?: string;
  /** How long a claim holds its jobs unless it is extended. Default 30,000. */
  leaseMs?: number;
  /** How long a wake-up may be in flight before another submit wakes again. Default 5,000. */
  wakeMs?: number;
  /** A worker waits for a job that is due within this time; a submit of such a job wakes a worker. Default 10,000. */
  lingerMs?: number;
  /** A backlog wakes one more worker while fewer jobs than this are running. Default 50. */
  maxRunning?: number;
  retention?: Retention;
  /** Whether what happens is counted by the minute, for `history`. Default true. */
  history?: boolean;
  /** A clock in place of the server's, in ms since the epoch. For tests. */
  now?: () => number;
}

/** How long finished jobs are kept, and how many. */
export interface Retention {
  completed: { ageMs: number; keep: number };
  failed: { ageMs: number; keep: number };
  cancelled: { ageMs: number; keep: number };
}

const HOUR = 3_600_000;
/** 24 h, and 7 days for failed jobs; 100,000 of each kind. */
export const DEFAULT_RETENTION: Retention = {
  completed: { ageMs: 24 * HOUR, keep: 100_000 },
  failed: { ageMs: 7 * 24 * HOUR, keep: 100_000 },
  cancelled: { ageMs: 24 * HOUR, keep: 100_000 },
};
