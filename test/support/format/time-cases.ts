import { keysOf } from "../../../lib/queue/keys.ts";
import { pause } from "../../../lib/queue/pauses.ts";
import type { Redis } from "../../../lib/queue/redis.ts";
import { ScheduleStore } from "../../../lib/queue/schedule-store.ts";
import type { WorkerQueue } from "../../../lib/queue/worker-queue.ts";
import { definition, firingOf } from "../schedules.ts";
import { claim, completed, running, settle } from "../verbs.ts";
import { ID, job, OTHER_ID, START } from "./given.ts";

/** What makes a case: a queue on a clock that moves when it is told to, and its database. */
export interface World {
  queue: WorkerQueue;
  redis: Redis;
  now(): number;
  move(ms: number): void;
}

const HOUR_MS = 3_600_000;
const UNIQUE = { hash: "0123456789abcdefghijkl", until: "finished" } as const;

/** Cases of what waits for a time, or is kept apart for one. */
export const TIME_CASES = [
  {
    name: "ready, with a unique key, and expires",
    make: ({ queue }: World) =>
      queue.submit([job({ unique: UNIQUE, expires: { afterMs: HOUR_MS, from: "submit" as const } })]),
  },
  {
    name: "completed, one of two, while the queue and a task are paused",
    async make({ queue, redis, now }: World) {
      await running(queue, [job()]);
      await settle(queue, completed(job()));
      await queue.submit([job({ id: OTHER_ID, task: "report" })]);
      const pauses = { redis, keys: keysOf(), now };
      await pause(pauses, { task: "report" });
      await claim(queue, { token: "w.7" });
      await pause(pauses, { until: now() + HOUR_MS });
    },
  },
  {
    name: "ready, made by a schedule",
    async make({ queue, redis, now, move }: World) {
      const schedules = new ScheduleStore(redis, { now });
      await schedules.put("minutely", definition("one"), { next: START + 60_000 }, undefined);
      move(60_000);
      const made = job({ id: ID, schedule: "minutely", slot: START + 60_000 });
      const slots = [{ at: START + 60_000, job: made }];
      await queue.step({ fire: [firingOf(START + 60_000, { slots })] });
    },
  },
];
