import type { NewJob } from "../../../lib/queue/job.ts";
import type { Keys } from "../../../lib/queue/keys.ts";
import type { WorkerQueue } from "../../../lib/queue/worker-queue.ts";
import { job, type useRedis } from "../../support/redis.ts";
import type { Contents } from "../../support/store.ts";
import { claim, extend, running } from "../../support/verbs.ts";

export const LEASE_MS = 30_000;
export const DAY = 86_400_000;

/** Something that happens to the queue: a verb, or time that passes. */
export type Event = (queue: WorkerQueue, keys: Keys, redis: ReturnType<typeof useRedis>) => Promise<unknown>;
interface Replay {
  /** What happened since the first call. Absent: nothing. */
  after?: string;
  events?: Event[];
  /** The answer to the second call. */
  answer: unknown;
  /** What the second call changes. Absent: nothing, as for most scripts. */
  changes?: (before: Contents, now: number) => Contents;
}
export interface Case {
  name: string;
  arrange?: Event[];
  call: Event;
  first: unknown;
  again: Replay[];
}

// Leases that expire at the same time are reclaimed in the order of their ids.
export const a: NewJob = job({ id: "00000000-0000-4000-8000-00000000000a", payload: "[]" });
export const b: NewJob = job({ id: "00000000-0000-4000-8000-00000000000b", priority: "low" });
export const bothIds = [{ job: { id: a.id } }, { job: { id: b.id } }];

export const submitted: Event = (queue) => queue.submit([a, b]);
export const claimed: Event = (queue) => running(queue, [a, b]);
export const move =
  (ms: number): Event =>
  async (_queue, _keys, redis) => {
    redis.clock.now += ms;
  };
export const forgetWake: Event = (_, keys, redis) => redis.redis.del(keys.wake);
export const claimedBy =
  (worker: string): Event =>
  (queue) =>
    claim(queue, { token: `${worker}.1` });
/** The worker crashes, and another one claims its jobs. */
export const takenOver: Event[] = [move(LEASE_MS), claimedBy("v")];
export const cancelled: Event = (queue) => queue.cancel(a.id);
/** The worker of the cancelled job is told. */
export const told: Event = (queue) => extend(queue, { id: a.id, token: "w.1" });
export const redriven: Event = (queue) => queue.redrive(a.id, "another request");
export const trimmed: Event[] = [move(8 * DAY), (queue) => queue.trim()];
export const leasesAt =
  (...ids: string[]) =>
  (before: Contents, now: number): Contents => ({
    ...before,
    leases: { ...before.leases, ...Object.fromEntries(ids.map((id) => [id, now + LEASE_MS])) },
  });
