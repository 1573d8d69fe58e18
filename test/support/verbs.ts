import type { NewJob } from "../../lib/queue/job.ts";
import type { Claimed, ClaimRequest, Ending, Lease, WorkerQueue } from "../../lib/queue/worker-queue.ts";

/** Claims as the worker `w` that was just woken, unless the options say otherwise. */
export async function claim(queue: WorkerQueue, more: Partial<ClaimRequest> = {}): Promise<Claimed> {
  const { claimed } = await queue.step({ claim: { token: "w.1", count: 10, arrived: true, ...more } });
  return claimed!;
}

/** Submits jobs and claims them all under one token. */
export async function running(queue: WorkerQueue, jobs: readonly NewJob[], token = "w.1"): Promise<void> {
  await queue.submit(jobs);
  await claim(queue, { token, count: jobs.length });
}

export async function settle(queue: WorkerQueue, ...endings: Ending[]): Promise<string[]> {
  return (await queue.step({ settle: endings })).settled;
}

export async function extend(queue: WorkerQueue, ...leases: Lease[]): Promise<string[]> {
  return (await queue.step({ extend: leases })).extended;
}

type Of = { id: string };
export const completed = ({ id }: Of, result?: string, token = "w.1"): Ending => ({
  id,
  token,
  outcome: "completed",
  ...(result === undefined ? {} : { result }),
});
export const retry = ({ id }: Of, delayMs = 1_000, token = "w.1"): Ending => ({
  id,
  token,
  outcome: "retry",
  delayMs,
  error: "Boom",
  message: "it broke",
});
export const failed = ({ id }: Of, token = "w.1"): Ending => ({
  id,
  token,
  outcome: "failed",
  error: "Boom",
  message: "it broke",
});
export const deferred = ({ id }: Of, delayMs = 1_000, token = "w.1"): Ending => ({
  id,
  token,
  outcome: "deferred",
  delayMs,
});
export const snoozed = ({ id }: Of, delayMs = 1_000, token = "w.1"): Ending => ({
  id,
  token,
  outcome: "snoozed",
  delayMs,
});
export const released = ({ id }: Of, token = "w.1"): Ending => ({ id, token, outcome: "released" });
