import type { Firing } from "../../lib/queue/firing.ts";
import { ScheduleStore } from "../../lib/queue/schedule-store.ts";
import type { Schedule } from "../../lib/schedules/schedule.ts";
import { job, type useRedis } from "./redis.ts";

/** A new queue with its schedules, under a new key prefix, on the test's clock. */
export function scheduleStore(redis: ReturnType<typeof useRedis>) {
  const made = redis.queue();
  return { ...made, schedules: new ScheduleStore(redis.redis, { prefix: made.prefix, now: () => redis.clock.now }) };
}

/** A definition as Redis has it, of a schedule for every minute unless it is said otherwise. */
export function definition(rev: string, more: object = {}): string {
  return JSON.stringify({ rev, source: "api", task: "note", ...more });
}

/** A firing of one slot of a schedule for every minute, unless it is said otherwise. */
export function firingOf(slot: number, more: Partial<Firing> = {}): Firing {
  return {
    name: "minutely",
    slot,
    rev: "one",
    next: slot + 60_000,
    overlap: "allow",
    slots: [{ at: slot, job: job() }],
    ...more,
  };
}

/** A schedule for every minute that code declares, unless it is said otherwise. */
export function scheduleOf(name: string, more: Partial<Schedule> = {}): Schedule {
  return {
    name,
    rev: "",
    source: "code",
    task: "echo",
    rule: { everyMs: 60_000 },
    catchUp: "last",
    overlap: "allow",
    jitterMs: 0,
    priority: "normal",
    maxRetries: 3,
    sensitive: false,
    paused: false,
    ...more,
  };
}
