import { childIdOf } from "../../../lib/jobs/ids.ts";
import type { NewJob } from "../../../lib/queue/job.ts";

export const START = 1_800_000_000_000;
export const ID = "00000000-0000-4000-8000-00000000000a";
export const OTHER_ID = "00000000-0000-4000-8000-00000000000b";
export const CHILD_ID = childIdOf(ID, "welcome mail");
export const LARGE = JSON.stringify("x".repeat(600));
export const LEASE_MS = 30_000;

/** A job to submit. */
export const job = (more: Partial<NewJob> = {}): NewJob => ({
  id: ID,
  task: "note",
  priority: "normal",
  maxRetries: 3,
  createdAt: START,
  payload: '{"to":"ada@example.com"}',
  ...more,
});
