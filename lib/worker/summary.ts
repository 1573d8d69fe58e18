import type { StopReason } from "./next-step.ts";

/** What a drain did: how many jobs ended in which way, and why the worker left. */
export interface DrainSummary {
  claimed: number;
  completed: number;
  retried: number;
  failed: number;
  /** Given back without spending an attempt: released, snoozed, or of an unknown task. */
  released: number;
  /** Cancelled by somebody since they were claimed. */
  cancelled: number;
  /** Taken by another worker after the lease ran out. */
  lost: number;
  stopped: StopReason;
}

/** The counts of a drain that did nothing yet. */
export const NOTHING_DONE = {
  claimed: 0,
  completed: 0,
  retried: 0,
  failed: 0,
  released: 0,
  cancelled: 0,
  lost: 0,
};
