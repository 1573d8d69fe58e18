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
