import type { ClaimedJob, Ending } from "../queue/worker-queue.ts";

/** Tells whether a job has waited longer than it may for its first attempt. `now` is Redis' clock. */
export function isExpired({ job: { expiresAt } }: ClaimedJob, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt;
}

/** Tells whether something of a job ends when its first attempt begins: its time to expire, or the time that it holds its unique key. */
export function waitsForStart({ job: { expiresAt, unique = "" } }: ClaimedJob): boolean {
  return expiresAt !== undefined || unique.startsWith("s:");
}

/** Says how to settle an expired job, without a run: it has failed for good, with its attempts unspent. */
export function expiredEnding({ job, token }: ClaimedJob): Ending {
  const limit = new Date(Math.max(0, job.expiresAt!)).toISOString();
  const message = `no attempt had begun by ${limit}: the job waited for longer than it may`;
  return { id: job.id, token, outcome: "failed", error: "Expired", message, isExpired: true };
}
