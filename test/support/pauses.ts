import { pause, resume } from "../../lib/queue/pauses.ts";
import type { QueueSettings, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { job, type useRedis } from "./redis.ts";
import { claim, completed, settle } from "./verbs.ts";

export const HOUR = 3_600_000;

/** Makes queues whose pauses are on the test's clock, as the queues are. */
export function pausable(redis: ReturnType<typeof useRedis>) {
  return (settings: QueueSettings = {}) => {
    const made = redis.queue(settings);
    const of = { redis: redis.redis, keys: made.keys, now: () => redis.clock.now };
    return {
      ...made,
      pause: (what: Parameters<typeof pause>[1] = {}) => pause(of, what),
      resume: (what: Parameters<typeof resume>[1] = {}, request?: string) => resume(of, what, request),
    };
  };
}

export const jobs = (count: number, more: Parameters<typeof job>[0] = {}) =>
  Array.from({ length: count }, () => job(more));
export const idsOf = (all: readonly { id: string }[]) => all.map(({ id }) => id);

/** Claims until nothing is left, and completes each job. Returns their ids in the order of their claims. */
export async function drained(queue: WorkerQueue, name: string, count = 10): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 1; ; n++) {
    const { jobs, more } = await claim(queue, { token: `${name}.${n}`, count });
    ids.push(...jobs.map(({ job }) => job.id));
    await settle(queue, ...jobs.map(({ job, token }) => completed(job, undefined, token)));
    if (!more && jobs.length === 0) return ids;
  }
}
