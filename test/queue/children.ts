import * as z from "zod/mini";
import type { NewJob } from "../../lib/queue/job.ts";
import type { ClaimedJob, SubmitOutcome, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { type ChildOptions, defineTask, indexTasks } from "../../lib/tasks.ts";
import { HeldAttempt } from "../../lib/worker/attempt.ts";
import { submitChild } from "../../lib/worker/children.ts";

/** The jobs that every attempt submits in this order, as far as it gets. A key that looks like a number is not a number. */
export const CHILDREN: readonly ChildOptions[] = [
  { maxRetries: 2 },
  { key: "0", priority: "high", maxRetries: 0 },
  { delaySeconds: 1, maxRetries: 1 },
  { key: "1", priority: "low", maxRetries: 1 },
];

/** A job that an attempt submitted: its index in CHILDREN, the job as submitted, and the queue's answer. */
export interface Child {
  place: number;
  job: NewJob;
  answer: SubmitOutcome;
}

/** Runs an attempt with the worker's own code. It submits the first `count` of CHILDREN; its end is not settled. */
export async function fanOut(queue: WorkerQueue, claimed: ClaimedJob, count: number): Promise<Child[]> {
  const children: Child[] = [];
  const watched: Pick<WorkerQueue, "submit" | "injectedNow"> = {
    injectedNow: () => queue.injectedNow(),
    async submit([job]) {
      const answer = await queue.submit([job!]);
      children.push({ place: (JSON.parse(job!.payload!) as { place: number }).place, job: job!, answer });
      return answer;
    },
  };
  const parent = defineTask({
    name: claimed.job.task,
    input: z.unknown(),
    async run({ submit }): Promise<void> {
      for (const [place, options] of CHILDREN.slice(0, count).entries()) await submit(parent, { place }, options);
    },
  });
  const ending = await new Promise<{ outcome: string }>((ended) => {
    const events = {
      progressed: () => {},
      said: () => {},
      blockedMs: () => 0,
      computed: () => {},
      ended: (_: HeldAttempt, how: { outcome: string }) => ended(how),
      submit: (job: NewJob, of: HeldAttempt) => submitChild({ queue: watched, log: () => {} }, job, of),
    };
    const claimedAt = { sentAt: 0, answeredAt: 0, redisNow: queue.injectedNow()! };
    new HeldAttempt(claimed, claimedAt, events).start(indexTasks([parent]), claimedAt.redisNow);
  });
  if (ending.outcome !== "completed") throw new Error(JSON.stringify(ending));
  return children;
}
