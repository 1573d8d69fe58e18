import type { Job } from "../../web/dashboard/shapes.ts";

/** The instant at which the jobs of these tests were made, in ms. */
export const T = Date.UTC(2030, 0, 1);

/** Writes the instant that many seconds later. */
export const at = (seconds: number) => new Date(T + seconds * 1_000).toISOString();

/** A job of the page, made at T. */
export const job = (given: Partial<Job>): Job => ({
  job_id: "00000000-0000-4000-8000-000000000000",
  task: "note",
  status: "pending",
  retries: 0,
  max_retries: 3,
  priority: "normal",
  created_at: at(0),
  attempts: [],
  ...given,
});

/** An attempt that ran between two instants, in seconds after T. */
export const ran = (attempt: number, outcome: string, from: number, to: number) => ({
  attempt,
  outcome,
  started_at: at(from),
  ended_at: at(to),
  worker: "w",
});
